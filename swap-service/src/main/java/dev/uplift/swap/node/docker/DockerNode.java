/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.contract.ComposedNode;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.Containers;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.DockerRefusedException;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.RestartPolicy;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.SettingException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Autostart;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.ComposeFiles;
import dev.uplift.swap.node.InPlace;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Instances;
import dev.uplift.swap.node.LaunchRecord;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeAddress;
import dev.uplift.swap.node.NodeData;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.OneOffCommands;
import dev.uplift.swap.node.ReachableUrl;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An application that runs in a container. A release's SHA-256 is the digest of its image in the node's
 * repository.
 */
public final class DockerNode implements Node, Autostart, ComposeFiles {
    private final DockerEngine engine;
    private final Host host;
    private final NodeSpec spec;
    private final DockerPlace place;
    private final ContainerFamily family;
    private final Containers containers;

    /**
     * A container, whose directory need not exist until something is written down.
     *
     * @param host the engine's
     */
    public DockerNode(DockerEngine engine, Host host, NodeSpec spec, DockerPlace place) {
        this.engine = engine;
        this.host = host;
        this.spec = spec;
        this.place = place;
        this.family = new ContainerFamily(engine, host, place);
        this.containers = engine.containers();
    }

    @Override
    public NodeSpec spec() {
        return spec;
    }

    @Override
    public String place() {
        return "container " + place.container();
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public Path directory() {
        return place.directory();
    }

    /** {@inheritDoc} The engine is asked: a port that it chose is another one after each start. */
    @Override
    public NodeAddress address(Profile profile) throws IOException {
        return EngineQuestion.answer(() -> {
            Optional<ContainerInspection> container = family.inPlace();
            if (container.isEmpty() || !container.get().status().equals("running")) {
                return new NodeAddress.None("it does not run");
            }
            FoundContainer found = new FoundContainer(engine, container.get());
            try {
                return new NodeAddress.At(ReachableUrl.of(host, found.baseUrl(profile, place.engineHost())));
            } catch (StepFailure e) {
                return new NodeAddress.None(e.detail());
            } catch (SettingException e) {
                return new NodeAddress.None(String.valueOf(e.getMessage()));
            }
        });
    }

    @Override
    public void requireUnmoved() throws IOException {
        RegisteredRoot.of(host.files(), directory().toString());
    }

    @Override
    public Instances instances() {
        return new ContainerInstances(family);
    }

    @Override
    public InPlace inPlace() {
        return new ContainerInPlace(family);
    }

    @Override
    public LaunchRecord launchRecord() {
        return new ContainerCapture(family);
    }

    @Override
    public NodeData data() {
        return new ContainerData(family, spec);
    }

    @Override
    public OneOffCommands commands() {
        return new ContainerCommands(family);
    }

    @Override
    public Observation observe(Profile profile, NodeProbe probe) throws IOException, InterruptedException {
        ContainerInspection container = family.requireInPlace();
        ContainerLaunch launch = new ContainerLaunch(engine, directory(), container);
        return new Observation(
                container.lives() ? Optional.of(ContainerFamily.instance(container)) : Optional.empty(),
                Optional.of(launch.of(profile)),
                LaunchFile.read(host, directory()),
                probe.health(profile, address(profile)),
                probe.version(profile, address(profile)),
                inPlace().version(profile),
                family.sha256(container));
    }

    @Override
    public void check(NodeWork work, Observation observed, CheckList checks) throws IOException, InterruptedException {
        new ContainerChecks(family, checks, Optional.of(work.command().to().version())).run();
    }

    @Override
    public Optional<ComposedNode> composed(NodeWork work, Observation observed)
            throws IOException, InterruptedException {
        return ComposedContainer.of(
                spec.name(), family.requireInPlace(), place.repository().name(), work.command(), observed.sha256());
    }

    /** Looks at what only a container can have. */
    public void check(CheckList checks) throws IOException, InterruptedException {
        new ContainerChecks(family, checks, Optional.empty()).run();
    }

    @Override
    public void stage(NodeWork work) throws IOException, InterruptedException {
        new ImageStaging(work, family).stage();
    }

    @Override
    public void unstage(NodeWork work) throws IOException, InterruptedException, FencedException {
        String staged = work.targetSha256();
        ImageReference target = family.image(staged);
        work.runFenced(SwapEffect.UNSTAGE_RELEASE, held -> {
            if (!work.command().from().sha256(spec).equals(Optional.of(staged))) {
                engine.images().remove(target);
            }
            Optional<SagaState> state =
                    SagaState.read(host, directory(), work.command().sagaId());
            if (state.filter(SagaState::over).isPresent()) {
                SagaState.close(host, held, directory());
            }
        });
    }

    @Override
    public void hold(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException {
        List<ContainerInspection> all = family.all();
        work.runLocked(effect, () -> {
            for (ContainerInspection container : all) {
                containers.restartPolicy(container.id(), RestartPolicy.NO);
            }
        });
    }

    /**
     * {@inheritDoc}
     *
     * <p>An engine that was started anew since it served has passed over what was held: it is started then, as the
     * engine itself would have done.
     */
    @Override
    public void release(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException {
        ContainerInspection container = family.requireInPlace();
        RestartPolicy policy = family.record().container().restartPolicy();
        work.runLocked(effect, () -> {
            containers.restartPolicy(container.id(), policy);
            if (!policy.equals(RestartPolicy.NO)) {
                containers.start(container.id());
            }
        });
    }

    @Override
    public void switchOver(NodeWork work) throws IOException, InterruptedException, FencedException {
        new ContainerSwitching(work, family).over();
    }

    @Override
    public void revert(NodeWork work) throws IOException, InterruptedException, FencedException {
        new ContainerSwitching(work, family).back();
    }

    @Override
    public Optional<Instance> start(NodeWork work, SwapEffect effect, ApplicationVersion version)
            throws IOException, InterruptedException, FencedException {
        ContainerInspection container = family.requireInPlace();
        try {
            work.runLocked(effect, () -> containers.start(container.id()));
        } catch (DockerRefusedException e) {
            throw StepFailure.retryable(ErrorCode.HOST_UNEXPECTED, "it cannot be started: " + e.getMessage());
        }
        return containers
                .find(container.id())
                .filter(ContainerInspection::lives)
                .map(ContainerFamily::instance);
    }

    @Override
    public NodeLog log() throws IOException {
        return new ContainerLog(engine, place.container(), family.scrubber());
    }

    @Override
    public void commit(NodeWork work) throws IOException, InterruptedException, FencedException {
        new ContainerSwitching(work, family).commit();
        work.runFenced(SwapEffect.COMMIT_FORGET, held -> SagaState.close(host, held, directory()));
    }
}
