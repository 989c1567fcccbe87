package dev.uplift.backup.database.h2;

import dev.uplift.backup.database.Program;
import dev.uplift.backup.step.StepFailedException;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The H2 that an application's own JAR brings: the one version that is sure to read the application's file. It is
 * code of the application's host, so it runs in a process of its own ({@link H2Proof}), with a clean environment and
 * none of this service's classes, memory or secrets; of the database's password it gets what it needs.
 *
 * @param classes its JAR, in {@code directory}
 * @param directory owner-only; made for one run
 */
record ApplicationH2(String jarName, Path classes, Path directory) {
    private static final Duration ANSWER_MAX = Duration.ofMinutes(1);
    private static final Duration READING_MAX = Duration.ofHours(12);
    private static final String PROOF = "proof";
    private static final String PROGRAM = H2Proof.class.getName().replace('.', '/') + ".class";

    /**
     * Takes the H2 of an application.
     *
     * @param directory where it is copied to; made if needed
     * @throws StepFailedException BACKUP_FAILED if the JAR brings none
     */
    static ApplicationH2 of(ApplicationJar jar, Path directory) throws IOException, InterruptedException {
        Path classes = H2Classes.of(jar, directory)
                .orElseThrow(() -> StepFailedException.refused(
                        ErrorCode.BACKUP_FAILED,
                        jar.name() + " brings no H2, neither among its classes nor as BOOT-INF/lib/h2-*.jar,"
                                + " so that a copy of its database cannot be proven"));
        Path program = directory.resolve(PROOF).resolve(PROGRAM);
        BackupFiles.createDirectories(Objects.requireNonNull(program.getParent()));
        try (InputStream in =
                Objects.requireNonNull(H2Proof.class.getClassLoader().getResourceAsStream(PROGRAM))) {
            DurableFiles.copy(in, program, Long.MAX_VALUE, DurableFiles.OWNER_ONLY, read -> {});
        }
        return new ApplicationH2(jar.name(), classes, directory);
    }

    /**
     * Its version.
     *
     * @throws StepFailedException BACKUP_FAILED if it does not run here
     */
    String version() throws Exception {
        return answers(null, ANSWER_MAX, () -> {}).getFirst();
    }

    /**
     * Opens a copy of a database as the application would, and reads all of it.
     *
     * @param database the file without its {@code .mv.db}
     * @param poll called now and then; may throw to give up
     * @return how many tables it has. H2 takes a file for empty in which it finds no whole chunk
     * @throws StepFailedException BACKUP_FAILED if it cannot be read whole
     */
    long readWhole(Path database, @Nullable String user, @Nullable Secret password, Program.Poll poll)
            throws Exception {
        String url = "jdbc:h2:file:" + database
                + ";IFEXISTS=TRUE;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;CACHE_SIZE=16384";
        String answer = answers(
                        Stream.of(url, user == null ? "" : user, password == null ? "" : password.reveal())
                                .map(text -> Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))
                                        + "\n")
                                .collect(Collectors.joining()),
                        READING_MAX,
                        poll)
                .getLast();
        if (answer.matches(H2Proof.TABLES + "\\d{1,9}")) {
            return Long.parseLong(answer.substring(H2Proof.TABLES.length()));
        }
        throw failed(
                "cannot read the copy whole (" + (answer.matches(H2Proof.ERROR + "\\d{1,9}") ? answer : "no answer")
                        + "): start the application once more and look at its log");
    }

    private List<String> answers(@Nullable String questions, Duration max, Program.Poll poll) throws Exception {
        long begin = System.nanoTime();
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        Program program = new Program(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-Djava.io.tmpdir=" + directory,
                        "-cp",
                        PROOF + ":" + classes.getFileName(),
                        H2Proof.class.getName()),
                directory,
                Map.of(),
                questions);
        Program.Ended ended = program.run(answers, () -> {
            poll.poll();
            if (System.nanoTime() - begin > max.toNanos()) {
                throw failed("was ended after " + max.toMinutes() + " minutes");
            }
        });
        List<String> lines = answers.toString(StandardCharsets.UTF_8).lines().toList();
        if (ended.exitCode() != 0 || lines.isEmpty()) {
            throw failed("cannot be run (exit code " + ended.exitCode() + "): "
                    + ended.errors()
                            .lines()
                            .filter(line -> !line.isBlank())
                            .findFirst()
                            .orElse("it printed nothing"));
        }
        return lines;
    }

    private StepFailedException failed(String what) {
        return StepFailedException.refused(ErrorCode.BACKUP_FAILED, "the H2 of " + jarName + " " + what);
    }
}
