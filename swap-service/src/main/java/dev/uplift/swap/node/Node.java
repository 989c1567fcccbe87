package dev.uplift.swap.node;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.TcpConnection;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One place where an application runs, whatever runs it there. The steps know nothing else of it. All
 * that changes anything looks at what is there and does what is missing: it may be done again after a
 * death anywhere in it.
 *
 * <p>What only some kinds of node can do is in interfaces of its own: {@link Autostart}, {@link OneOffCommands}, {@link
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

    /** Where it answers HTTP at this moment. */
    Answers answersAt(Profile profile) throws IOException;

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

    /** All that run of this application here, its commands such as migrations included. */
    List<Instance> running() throws IOException, InterruptedException;

    /** Whether this start still runs. */
    boolean runs(Instance instance) throws IOException, InterruptedException;

    /**
     * The established TCP connections that what runs of it holds, as its own network numbers them.
     *
     * @throws UnseenException if they cannot be seen
     */
    Set<TcpConnection> connections() throws IOException, InterruptedException;

    /**
     * Whether what runs of it has this database file open to write to it.
     *
     * @throws UnseenException if that cannot be seen
     */
    boolean holds(DatabaseSpec.H2 file) throws IOException, InterruptedException;

    /** The hash of what a start runs, which need not be what is in place by now. */
    String sha256(Instance instance) throws IOException;

    /** The hash of what the next start would run. */
    String sha256InPlace() throws IOException;

    /** What it is at this moment. */
    Observation observe(Profile profile, NodeProbe probe) throws IOException, InterruptedException;

    /** The version that what is in place says it is. */
    VersionReading versionInPlace(Profile profile) throws IOException;

    /** Where it keeps its data if it is started so, as seen from its host. */
    default NodeDatabase database(Profile profile, Launch launch) throws IOException {
        return NodeDatabase.of(host(), spec().name(), profile, launch);
    }

    /** What of {@code running} stands in the way of an upgrade that only this kind of node knows of. */
    void check(NodeWork work, Observation observed, CheckList checks) throws IOException, InterruptedException;

    /** Makes its {@link #directory}, if that is not the application's own and is not there. */
    default void makeDirectory() throws IOException, InterruptedException {}

    /** Writes down how it was seen to be started when it was registered; again, the same again. */
    void register(Fence.Held held, Observation observed) throws IOException, InterruptedException, FencedException;

    /** Writes down again how it is started, if what {@link #check} saw has changed. */
    void capture(NodeWork work, Observation observed) throws IOException, InterruptedException, FencedException;

    /**
     * It is started as it was when it was checked.
     *
     * @throws StepFailure INTERFERED if it is not
     */
    void requireAsChecked(NodeWork work, Instance instance) throws IOException;

    /**
     * What it is to run is there, whole: read while the application still serves. Nothing to be read where the engine
     * itself knows its images by their content.
     *
     * @throws StepFailure HOST_UNEXPECTED if it is not
     */
    default void requireTarget(NodeWork work) throws IOException {}

    /** Puts the artifact of the command beside the application, where nothing uses it yet. */
    void stage(NodeWork work) throws IOException, InterruptedException, FencedException;

    /** Takes staging back, unless what was staged is in place; forgets what was kept for a way back. */
    void unstage(NodeWork work) throws IOException, InterruptedException, FencedException;

    /** Asks all that run to end. */
    void terminate(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException;

    /** Ends all that run. */
    void kill(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException;

    /** What of it is still there although nothing runs, in one line; empty: nothing. */
    Optional<String> remains() throws IOException, InterruptedException;

    /** Who started what runs although nobody here did, for a person. */
    String startedBy(Instance instance) throws IOException;

    /**
     * Why a start has ended, if a person ended it; empty: it ended by itself.
     *
     * @throws dev.uplift.host.HostLostException if the host ends it, which is being shut down
     */
    default Optional<String> endedBy(Instance instance) throws IOException, InterruptedException {
        return Optional.empty();
    }

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

    /** What it writes. */
    NodeLog log() throws IOException;

    /** Deletes what is kept for no way back any more. */
    void commit(NodeWork work) throws IOException, InterruptedException, FencedException;
}
