/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import dev.uplift.backup.step.BackupWork;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Progress;
import dev.uplift.host.FileStatus;
import dev.uplift.host.Host;
import dev.uplift.host.Secret;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The proof of a copy: the application's own H2 reads all of it, in a process that may read this installation's data. */
final class H2CopyProof {
    private final InstallationSpec installation;
    private final @Nullable String user;
    private final @Nullable Secret password;
    private final Host host;
    private final H2File live;
    private final ApplicationJar jar;
    private final H2Processes processes;

    H2CopyProof(
            InstallationSpec installation,
            @Nullable String user,
            @Nullable Secret password,
            Host host,
            H2File live,
            ApplicationJar jar,
            H2Processes processes) {
        this.installation = installation;
        this.user = user;
        this.password = password;
        this.host = host;
        this.live = live;
        this.jar = jar;
        this.processes = processes;
    }

    String jarName() {
        return jar.name();
    }

    /**
     * Of the application's H2. A process with it waits for a proof then.
     *
     * @throws StepFailure BACKUP_FAILED if the JAR brings no H2, or it does not run here
     */
    String version(BackupWork work) throws Exception {
        return processes.ask(source(work), readers(), work.run()::checkCancelled, H2Process::version);
    }

    /**
     * Lets the application's H2 read a copy whole.
     *
     * @param copy its path as H2 names it, without {@link H2File#SUFFIX}
     * @throws StepFailure BACKUP_FAILED if it cannot, or finds no table
     */
    void readWhole(Path copy, BackupWork work) throws Exception {
        work.run().progress(Progress.of("reading the copy with the application's own H2"));
        String url =
                "jdbc:h2:file:" + copy + ";IFEXISTS=TRUE;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;CACHE_SIZE=16384";
        String answer = processes.ask(
                source(work),
                readers(),
                work.run()::checkCancelled,
                process -> process.read(
                        url,
                        Objects.requireNonNullElse(user, ""),
                        password == null ? "" : password.reveal(),
                        work.run()::checkCancelled));
        if (!answer.matches(H2Proof.TABLES + "\\d{1,9}")) {
            throw StepFailure.refused(
                    ErrorCode.BACKUP_FAILED,
                    "the H2 of " + jar.name() + " cannot read the copy whole ("
                            + (answer.matches(H2Proof.ERROR + "\\d{1,9}") ? answer : "no answer")
                            + "): start the application once more and look at its log");
        }
        // H2 takes a file for empty in which it finds no whole chunk.
        if (answer.equals(H2Proof.TABLES + "0")) {
            throw StepFailure.refused(
                    ErrorCode.BACKUP_FAILED,
                    "the H2 of " + jar.name() + " finds no table in the copy: " + live
                            + " is damaged or was never used");
        }
    }

    private H2Processes.Source source(BackupWork work) {
        return new H2Processes.Source(
                installation.id(),
                work.ranOn().sha256(installation.nodes().getFirst()).orElse(null),
                jar);
    }

    /**
     * The files of one user of one host, who alone writes them and runs their applications: each could read the others
     * anyway. A unit and a container may keep their data from other programs of the same user.
     */
    private H2Processes.Readers readers() throws IOException {
        FileStatus status = live.status();
        boolean writtenByOthers = status.mode().contains(PosixFilePermission.GROUP_WRITE)
                || status.mode().contains(PosixFilePermission.OTHERS_WRITE);
        return switch (installation.nodes().getFirst()) {
            case NodeSpec.JarProcess _
            when !writtenByOthers -> new H2Processes.Readers("user " + status.uid() + " of host " + host.name());
            case NodeSpec.JarProcess _, NodeSpec.Systemd _, NodeSpec.Docker _ ->
                new H2Processes.Readers("installation " + installation.id());
        };
    }
}
