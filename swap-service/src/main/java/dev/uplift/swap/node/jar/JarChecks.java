/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.Backup;
import dev.uplift.contract.ByteCount;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.HostFiles;
import dev.uplift.host.Launch;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.profile.JavaRequirement;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What is looked at on the host of a JAR before anything is changed. */
final class JarChecks {
    private final NodeWork work;
    private final JarNode node;
    private final HostFiles files;
    private final Observation observed;
    private final CheckList checks;

    JarChecks(NodeWork work, JarNode node, Observation observed, CheckList checks) {
        this.work = work;
        this.node = node;
        this.files = node.host().files();
        this.observed = observed;
        this.checks = checks;
    }

    void run() throws IOException, InterruptedException {
        process();
        layout();
        disk();
        if (observed.launch().isPresent()) {
            java(observed.launch().get());
        }
        Backup source = work.command().source();
        if (source != null && source.release().sha256(node.spec()).isPresent()) {
            oldRelease();
        }
    }

    private void process() throws IOException {
        Optional<RunningProcess> found = observed.instance().isPresent()
                ? node.host()
                        .processes()
                        .find(JarInstances.identity(observed.instance().get()).pid())
                : Optional.empty();
        if (found.isEmpty()) {
            checks.unlessDown("process", "it does not run in " + node.directory());
            return;
        }
        RunningProcess process = found.get();
        Set<Integer> ports = node.host().processes().listeningPorts(process.identity());
        if (!ports.contains(node.port())) {
            checks.unlessDown(
                    "process",
                    process + " does not listen on port " + node.port() + ", where it was registered"
                            + (ports.isEmpty() ? "" : ", but on " + ports + "; register it again"));
        } else {
            checks.ok("process", process + ", user " + process.uid() + ", port " + node.port());
        }
    }

    private void layout() throws IOException {
        try {
            checks.ok("layout", node.layout().form().name().toLowerCase(Locale.ROOT) + " JAR in " + node.directory());
        } catch (UnexpectedPathException e) {
            checks.fail("layout", String.valueOf(e.getMessage()));
        }
        Path releases = node.directory().resolve("releases");
        if (files.exists(releases) && !files.isDirectory(releases)) {
            checks.fail("layout", releases + " is not a directory");
        }
    }

    private void disk() throws IOException {
        long databaseBytes = work.command().installation().database() instanceof DatabaseSpec.H2 file
                        && file.host().equals(node.host().name())
                ? files.usedBytes(Path.of(file.path()))
                : 0;
        long jarBytes = files.usedBytes(files.realPath(node.layout().jar()));
        long needed = 2 * jarBytes + databaseBytes;
        long free = files.freeBytes(node.directory());
        String seen = ByteCount.text(free) + " free in " + node.directory() + ", " + ByteCount.text(needed) + " needed";
        if (free < needed) {
            checks.fail("disk", seen);
        } else {
            checks.ok("disk", seen);
        }
    }

    private void java(Launch launch) throws InterruptedException {
        JavaRequirement requirement = new JavaStart(work, node)
                .requirement(work.version(work.command().to()));
        OptionalInt own = JavaPrograms.major(node.host(), launch);
        Optional<List<String>> commandLine = JavaPrograms.commandLine(node.host(), launch, requirement);
        String version = work.command().to().version();
        if (commandLine.isEmpty()) {
            checks.fail(
                    "java",
                    version + " needs " + requirement + ", installed is Java "
                            + (own.isPresent() ? own.getAsInt() : "unknown"));
        } else if (own.isEmpty()) {
            checks.warn("java", launch.javaExecutable() + " does not say its version; needed is " + requirement);
        } else if (!commandLine.get().equals(launch.argv()) && node.hasOwnCommandLine()) {
            checks.fail(
                    "java",
                    version + " needs " + requirement + ", and " + node.place() + " is started with Java "
                            + own.getAsInt() + ": have it started with "
                            + commandLine.get().getFirst());
        } else if (!commandLine.get().equals(launch.argv())) {
            checks.warn(
                    "java",
                    "it runs on Java " + own.getAsInt() + "; " + version + " will be started with "
                            + commandLine.get().getFirst());
        } else {
            checks.ok("java", "Java " + own.getAsInt() + ", needed is " + requirement);
        }
    }

    private void oldRelease() throws IOException {
        String sha256 = work.targetSha256();
        if (observed.sha256().equals(sha256) || node.layout().holds(sha256)) {
            checks.ok("release", "the JAR that the backup belongs to is on the host");
        } else {
            checks.fail(
                    "release",
                    "the JAR that the backup belongs to (SHA-256 " + sha256 + ") is not in "
                            + node.layout().releases() + " any more; put it there");
        }
    }
}
