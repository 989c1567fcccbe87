/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import dev.uplift.backup.database.Program;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.DurableFiles;
import dev.uplift.worker.StepFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes that read copies with the H2 of their applications. One that was started for a check before an outage
 * is there for the proof in it, and for later ones: as a rule nothing of an application's JAR is read in an outage, and no
 * process is started (docs/adr/0023-an-h2-process-answers-more-than-one-proof.md). Safe for use by several threads; each process answers one of them at a time.
 *
 * <p>A process reads only data of one {@linkplain Readers circle of readers}, with H2 classes that the JARs of all of
 * them have, bit by bit. Data may carry code that H2 runs when it opens them: so it reaches nothing that the same data
 * could not reach in its own application.
 *
 * <p>At most {@value #IDLE_MAX} processes wait; the one that was used longest ago makes room. They end by themselves
 * after half an hour, and with this service, however it ends.
 */
public final class H2Processes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(H2Processes.class);
    private static final int IDLE_MAX = 8;
    private static final int KNOWN_MAX = 10_000;
    private static final int CLASSES_MAX = 20;
    private static final String PROGRAM = H2Proof.class.getName().replace('.', '/') + ".class";
    private static final String PARTIAL = ".partial";
    private static final Duration LEFT_OVER_AFTER = Duration.ofHours(1);
    private static final String CLASSES = "h2.jar";

    private final Path directory;
    private final Clock clock;
    private final Deque<Idle> idle = new ArrayDeque<>();
    private final Map<UUID, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Known> eldest) {
            return size() > KNOWN_MAX;
        }
    };
    private boolean closed;

    /** @param directory for the classes of H2; made when it is needed */
    public H2Processes(Path directory, Clock clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /**
     * Whose data one process may read, one after the other.
     *
     * @param name of those that could read each other's data anyway
     */
    record Readers(String name) {}

    /**
     * An installation's JAR.
     *
     * @param jarSha256 of the whole JAR, as it was found before the application was stopped; absent: nobody knows
     */
    record Source(UUID installation, @Nullable String jarSha256, ApplicationJar jar) {}

    /** A question to a process. */
    @FunctionalInterface
    interface Question<T> {
        T ask(H2Process process) throws Exception;
    }

    private record Known(String jarSha256, String classesSha256) {}

    private record Key(String classesSha256, Readers readers) {}

    private record Idle(Key key, H2Process process) {}

    /**
     * Asks a process with the H2 of an application; starts one if none is free.
     *
     * @throws StepFailure BACKUP_FAILED if the JAR brings no H2, or it does not run here
     */
    <T> T ask(Source source, Readers readers, Program.Poll poll, Question<T> question) throws Exception {
        Key key = new Key(classes(source), readers);
        Optional<H2Process> free = claim(key);
        if (free.isPresent()) {
            try {
                return ask(key, free.get(), question);
            } catch (H2Process.EndedException e) {
                // It may have waited for so long that it ended just now: a new one tells.
            }
        }
        try {
            return ask(key, start(key, poll), question);
        } catch (H2Process.EndedException e) {
            throw StepFailure.refused(
                    ErrorCode.BACKUP_FAILED, "the H2 of " + source.jar().name() + " " + e.getMessage(), e);
        }
    }

    /** How many processes wait for a question. */
    synchronized int idleCount() {
        return idle.size();
    }

    @Override
    public void close() {
        List<H2Process> ending;
        synchronized (this) {
            closed = true;
            ending = idle.stream().map(Idle::process).toList();
            idle.clear();
        }
        for (H2Process process : ending) {
            process.close();
        }
    }

    private <T> T ask(Key key, H2Process process, Question<T> question) throws Exception {
        T answer;
        try {
            answer = question.ask(process);
        } catch (Exception e) {
            process.close();
            throw e;
        }
        if (process.isSound()) {
            release(key, process);
        } else {
            process.close();
        }
        return answer;
    }

    private synchronized Optional<H2Process> claim(Key key) {
        for (Iterator<Idle> all = idle.descendingIterator(); all.hasNext(); ) {
            Idle one = all.next();
            if (one.key().equals(key)) {
                all.remove();
                if (one.process().isAlive()) {
                    return Optional.of(one.process());
                }
            }
        }
        return Optional.empty();
    }

    private void release(Key key, H2Process process) {
        H2Process ending = null;
        synchronized (this) {
            if (closed) {
                ending = process;
            } else {
                idle.addLast(new Idle(key, process));
                if (idle.size() > IDLE_MAX) {
                    ending = idle.removeFirst().process();
                }
            }
        }
        if (ending != null) {
            ending.close();
        }
    }

    private H2Process start(Key key, Program.Poll poll) throws Exception {
        Path place = directory.resolve(key.classesSha256());
        return H2Process.start(program() + ":" + place.resolve(CLASSES), place, poll);
    }

    /** The hash of the H2 classes of an application, which are in the directory then. */
    private String classes(Source source) throws IOException, InterruptedException {
        Optional<String> before = before(source);
        if (before.isPresent()) {
            return before.get();
        }
        Path partial = directory.resolve(UUID.randomUUID() + PARTIAL);
        try {
            Path classes = H2Classes.of(source.jar(), partial)
                    .orElseThrow(() -> StepFailure.refused(
                            ErrorCode.BACKUP_FAILED,
                            source.jar().name() + " brings no H2, neither among its classes nor as"
                                    + " BOOT-INF/lib/h2-*.jar, so that a copy of its database cannot be proven"));
            String sha256 = BackupFiles.sha256(classes);
            Path place = directory.resolve(sha256);
            BackupFiles.createDirectories(place);
            DurableFiles.moveInto(classes, place.resolve(CLASSES));
            Files.setLastModifiedTime(place, FileTime.from(clock.instant()));
            forgetOldClasses();
            String jarSha256 = source.jarSha256();
            if (jarSha256 != null) {
                synchronized (this) {
                    known.put(source.installation(), new Known(jarSha256, sha256));
                }
            }
            return sha256;
        } finally {
            deleteQuietly(partial);
        }
    }

    /**
     * What was taken out of this JAR of this installation before. Of this installation alone: a JAR's hash is what its
     * host says, and whose host lies may choose the code for its own data only.
     */
    private Optional<String> before(Source source) throws IOException {
        Known found;
        synchronized (this) {
            found = known.get(source.installation());
        }
        if (found == null || !found.jarSha256().equals(source.jarSha256())) {
            return Optional.empty();
        }
        Path classes = directory.resolve(found.classesSha256()).resolve(CLASSES);
        return Files.isRegularFile(classes, LinkOption.NOFOLLOW_LINKS)
                        && BackupFiles.sha256(classes).equals(found.classesSha256())
                ? Optional.of(found.classesSha256())
                : Optional.empty();
    }

    /** The class path with {@link H2Proof} and nothing else of this service. */
    private Path program() throws IOException {
        byte[] content;
        try (InputStream in =
                Objects.requireNonNull(H2Proof.class.getClassLoader().getResourceAsStream(PROGRAM))) {
            content = in.readAllBytes();
        }
        Path place = directory.resolve(
                "proof." + HexFormat.of().formatHex(BackupFiles.sha256().digest(content)));
        Path program = place.resolve(PROGRAM);
        if (!Files.exists(program) || !Arrays.equals(Files.readAllBytes(program), content)) {
            BackupFiles.createDirectories(Objects.requireNonNull(program.getParent()));
            Path partial = place.resolve(UUID.randomUUID() + PARTIAL);
            DurableFiles.copy(
                    new ByteArrayInputStream(content), partial, Long.MAX_VALUE, DurableFiles.OWNER_ONLY, read -> {});
            DurableFiles.moveInto(partial, program);
        }
        return place;
    }

    /**
     * Keeps those that were taken last; a process that has begun with others has them open. Another thread, or another
     * service with the same directory, may do it at the same time.
     */
    private void forgetOldClasses() {
        List<Path> places = list(directory);
        // Read once: a sort fails on times that change under it.
        Map<Path, FileTime> taken = new HashMap<>();
        places.stream()
                .filter(place -> place.getFileName().toString().matches("[0-9a-f]{64}"))
                .forEach(place -> taken.put(place, modified(place)));
        List<Path> old = new ArrayList<>(taken.entrySet().stream()
                .sorted(Map.Entry.<Path, FileTime>comparingByValue().reversed())
                .skip(CLASSES_MAX)
                .map(Map.Entry::getKey)
                .toList());
        List<Path> all = new ArrayList<>(places);
        for (Path place : places) {
            if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
                all.addAll(list(place));
            }
        }
        all.stream().filter(this::isLeftOver).forEach(old::add);
        old.forEach(H2Processes::deleteQuietly);
    }

    private static void deleteQuietly(Path path) {
        try {
            DurableFiles.delete(path);
        } catch (IOException e) {
            LOG.warn("{} stays until the next time: {}", path, e.toString());
        }
    }

    /** Of a service, or of a process, that was killed. */
    private boolean isLeftOver(Path path) {
        String name = path.getFileName().toString();
        return (name.endsWith(PARTIAL) || name.startsWith(H2Proof.WARM_UP))
                && modified(path).toInstant().isBefore(clock.instant().minus(LEFT_OVER_AFTER));
    }

    /** Empty for a place that is gone. */
    private static List<Path> list(Path place) {
        try (Stream<Path> all = Files.list(place)) {
            return all.toList();
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("{} cannot be listed, old classes in it stay: {}", place, e.toString());
            return List.of();
        }
    }

    private static FileTime modified(Path path) {
        try {
            return Files.getLastModifiedTime(path);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
