/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.FileStatus;
import dev.uplift.host.Host;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The file of an H2 database on its host, as the installation has it registered. */
final class H2File {
    static final String SUFFIX = ".mv.db";
    private static final int HEADER_BYTES = 4096;

    private final Host host;
    private final Path path;

    private H2File(Host host, Path path) {
        this.host = host;
        this.path = path;
    }

    /**
     * Opens nothing yet.
     *
     * @throws UnexpectedPathException if this is not the plain path of a database's file, or leads through a link
     */
    static H2File at(Host host, String registered) throws IOException {
        Path path;
        try {
            path = Path.of(registered);
        } catch (InvalidPathException e) {
            throw notAPath(registered);
        }
        Path directory = path.getParent();
        if (!path.isAbsolute()
                || directory == null
                || !path.normalize().toString().equals(registered)
                || !registered.endsWith(SUFFIX)) {
            throw notAPath(registered);
        }
        RegisteredRoot.of(host.files(), directory.toString());
        if (host.files()
                .status(path)
                .filter(status -> status.kind() != FileStatus.Kind.FILE)
                .isPresent()) {
            throw new UnexpectedPathException(path + " is not a regular file");
        }
        return new H2File(host, path);
    }

    Path path() {
        return path;
    }

    Path directory() {
        return path.resolveSibling(".").normalize();
    }

    boolean exists() throws IOException {
        return host.files().exists(path);
    }

    /** Fails with {@link NoSuchFileException} if there is none. */
    FileStatus status() throws IOException {
        return host.files().status(path).orElseThrow(() -> new NoSuchFileException(toString()));
    }

    /** Whether it begins as H2 writes it. */
    boolean hasHeader() throws IOException {
        try (InputStream in = host.files().stream(path)) {
            String header = new String(in.readNBytes(HEADER_BYTES), ISO_8859_1);
            return header.startsWith("H:2") && header.contains("format:");
        }
    }

    /**
     * Nobody works on it: no process of its host has it open to write to it, and there is no lock on it, as H2 takes
     * one in every process. A file that is not there is at rest.
     *
     * @throws StepFailure STILL_RUNNING, naming who does
     */
    void requireCold() throws IOException {
        if (!exists()) {
            return;
        }
        List<RunningProcess> holders = host.processes().holding(path);
        if (!holders.isEmpty()) {
            throw stillRunning("process " + holders.getFirst().pid());
        }
        if (host.processes().isLocked(path)) {
            throw stillRunning("another process");
        }
    }

    /** Its path, and its host where that is another than this. */
    @Override
    public String toString() {
        return host.name().equals(NodeSpec.LOCAL) ? path.toString() : path + " on host " + host.name();
    }

    private StepFailure stillRunning(String who) {
        return StepFailure.retryable(ErrorCode.STILL_RUNNING, this + " is open in " + who + ": stop it first");
    }

    private static UnexpectedPathException notAPath(String registered) {
        return new UnexpectedPathException("'" + registered.replaceAll("\\p{Cntrl}", "?")
                + "' is not an absolute path of an H2 file, which ends in " + SUFFIX);
    }
}
