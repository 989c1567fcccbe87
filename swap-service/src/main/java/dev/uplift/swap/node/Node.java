/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.swap.SwapEffect;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One place where an application runs, whatever runs it there. The steps know nothing else of it. All
 * that changes anything looks at what is there and does what is missing: it may be done again after a
 * death anywhere in it.
 *
 * <p>What only some kinds of node can do is in interfaces of its own that these implement: {@link Autostart}, {@link
 * HostAwareness}, {@link ComposeFiles}.
 */
public interface Node {
    NodeSpec spec();

    /** Where it is, for a person. */
    String place();

    /** The host whose network it answers in, and whose files and processes are its own. */
    Host host();

    /** The directory on the host whose {@code .uplift} holds what is remembered of it. */
    Path directory();

    /** The fence that everything is behind that may be done to it. */
    default Fence fence() {
        return host().fence(directory());
    }

    /**
     * It is still where it was registered.
     *
     * @throws dev.uplift.host.UnexpectedPathException if it is not
     */
    void requireUnmoved() throws IOException;

    /** Where it answers HTTP at this moment. */
    NodeAddress address(Profile profile) throws IOException;

    /** What it is at this moment. */
    Observation observe(Profile profile, NodeProbe probe) throws IOException, InterruptedException;

    /** What of an observation stands in the way of an upgrade that only this kind of node knows of. */
    void check(NodeWork work, Observation observed, CheckList checks) throws IOException, InterruptedException;

    /** What runs of it, and how that is ended. */
    Instances instances();

    /** What its next start would run. */
    InPlace inPlace();

    /** What is written down of how it is started. */
    LaunchRecord launchRecord();

    /** Where it keeps its data. */
    NodeData data();

    /** Commands of its application. */
    OneOffCommands commands();

    /** What it writes. */
    NodeLog log() throws IOException;

    /** Puts the artifact of the command beside the application, where nothing uses it yet. */
    void stage(NodeWork work) throws IOException, InterruptedException, FencedException;

    /** Takes staging back, unless what was staged is in place; forgets what was kept for a way back. */
    void unstage(NodeWork work) throws IOException, InterruptedException, FencedException;

    /** Puts the target of the command in the application's place; nothing runs. */
    void switchOver(NodeWork work) throws IOException, InterruptedException, FencedException;

    /** Puts in the application's place what ran before; nothing runs. */
    void revert(NodeWork work) throws IOException, InterruptedException, FencedException;

    /**
     * Starts what is in place, as it is always started; the caller has made sure that nothing runs.
     *
     * @return the start; empty if it has ended already
     */
    Optional<Instance> start(NodeWork work, SwapEffect effect, ApplicationVersion version)
            throws IOException, InterruptedException, FencedException;

    /** Deletes what is kept for no way back any more. */
    void commit(NodeWork work) throws IOException, InterruptedException, FencedException;
}
