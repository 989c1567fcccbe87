package dev.uplift.backup.database.postgres;

import dev.uplift.backup.step.StepFailedException;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.DiskSpace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code pg_dump} and {@code pg_restore} of one version. They run with a clean environment; passwords
 * are in it and never among the arguments.
 *
 * @param major {@code pg_dump} reads servers of this major version and older ones
 */
record PostgresTools(Path directory, int major, String version) {
    /** For {@code pg_dump}: it gives up when a table stays locked for half a minute. */
    static final String LOCK_WAIT = "--lock-wait-timeout=30000";

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ((\\d+)[^ \\n]*)");
    private static final int ERRORS_BYTES_MAX = 64 * 1024;
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration TERMINATE_GRACE = Duration.ofSeconds(5);

    /** Called again and again while a program runs; throws to have it ended. */
    @FunctionalInterface
    interface Poll {
        void poll() throws Exception;
    }

    /**
     * Finds the tools for a server: of its own major version, or else of the next newer one. A dump of
     * newer tools may set parameters that an older server does not know.
     *
     * @param directories where to look before {@code /usr/lib/postgresql} and the {@code PATH}
     */
    static Optional<PostgresTools> forServer(int serverMajor, List<Path> directories) {
        List<Path> candidates = new ArrayList<>(directories);
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            versions.map(version -> version.resolve("bin")).forEach(candidates::add);
        } catch (IOException e) {
            // Not a Debian: the PATH is what there is.
        }
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (directory.startsWith("/")) {
                candidates.add(Path.of(directory));
            }
        }
        Optional<PostgresTools> newer = Optional.empty();
        for (Path candidate : candidates.stream().distinct().toList()) {
            Optional<PostgresTools> tools = at(candidate).filter(found -> found.major >= serverMajor);
            if (tools.isPresent() && tools.get().major == serverMajor) {
                return tools;
            }
            if (tools.isPresent() && (newer.isEmpty() || tools.get().major < newer.get().major)) {
                newer = tools;
            }
        }
        return newer;
    }

    private static Optional<PostgresTools> at(Path directory) {
        if (!Files.isExecutable(directory.resolve("pg_dump")) || !Files.isExecutable(directory.resolve("pg_restore"))) {
            return Optional.empty();
        }
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            execute(List.of(directory.resolve("pg_dump").toString(), "--version"), Map.of(), out, () -> {});
            Matcher matcher = VERSION.matcher(out.toString(StandardCharsets.UTF_8));
            return matcher.find()
                    ? Optional.of(new PostgresTools(directory, Integer.parseInt(matcher.group(2)), matcher.group(1)))
                    : Optional.empty();
        } catch (Exception e) {
            return Optional.empty();
        }
    }

    /** Runs {@code pg_dump} on a database; what it prints goes to {@code out}. */
    void dump(PostgresServer server, String database, List<String> arguments, OutputStream out, Poll poll)
            throws Exception {
        run(ErrorCode.BACKUP_FAILED, "pg_dump", server, database, arguments, out, poll);
    }

    /** Runs {@code pg_restore} into a database. */
    void restore(ErrorCode code, PostgresServer server, String database, List<String> arguments, Poll poll)
            throws Exception {
        List<String> all = new ArrayList<>();
        // A bare name with a '=' in it would be read as a connection string.
        all.add("--dbname=dbname=" + Sql.conninfo(database));
        all.addAll(arguments);
        run(code, "pg_restore", server, database, all, OutputStream.nullOutputStream(), poll);
    }

    /** Reads an archive's table of contents. */
    void list(Path archive, PostgresServer server) throws Exception {
        run(
                ErrorCode.BACKUP_FAILED,
                "pg_restore",
                server,
                server.spec().database(),
                List.of("--list", "--", archive.toString()),
                OutputStream.nullOutputStream(),
                () -> {});
    }

    private void run(
            ErrorCode code,
            String program,
            PostgresServer server,
            String database,
            List<String> arguments,
            OutputStream out,
            Poll poll)
            throws Exception {
        List<String> argv = new ArrayList<>();
        argv.add(directory.resolve(program).toString());
        argv.addAll(arguments);
        Ended ended = execute(argv, server.environment(database), out, poll);
        if (ended.exitCode != 0) {
            String errors = server.scrub(ended.errors);
            String error = errors.lines()
                    .filter(line -> line.contains("error:") || line.contains("fatal:"))
                    .findFirst()
                    .or(() -> errors.lines().filter(line -> !line.isBlank()).findFirst())
                    .orElse("it printed nothing");
            boolean storage = DiskSpace.isDiskFault(errors);
            throw StepFailedException.failed(
                    storage ? ErrorCode.HOST_STORAGE : code,
                    program + " of database " + database + " ended with exit code " + ended.exitCode + ": " + error
                            + (storage ? "; free some room or repair the disk" : ""));
        }
    }

    private record Ended(int exitCode, String errors) {}

    private static Ended execute(List<String> argv, Map<String, String> environment, OutputStream out, Poll poll)
            throws Exception {
        ProcessBuilder builder = new ProcessBuilder(argv);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("PATH", "/usr/bin:/bin");
        builder.directory(Path.of("/").toFile());
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            Pump output = Pump.start(process.getInputStream(), out, Long.MAX_VALUE);
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            Pump errorOutput = Pump.start(process.getErrorStream(), errors, ERRORS_BYTES_MAX);
            while (!process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                poll.poll();
            }
            output.join();
            errorOutput.join();
            return new Ended(process.exitValue(), errors.toString(StandardCharsets.UTF_8));
        } finally {
            end(process);
        }
    }

    private static void end(Process process) throws InterruptedException {
        if (process.isAlive()) {
            process.destroy();
            if (!process.waitFor(TERMINATE_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                process.waitFor();
            }
        }
    }

    /** Empties a program's output, so that it never blocks; keeps the first {@code bytesMax}. */
    private static final class Pump {
        private final Thread thread;
        private volatile @Nullable IOException failure;

        private Pump(InputStream in, OutputStream out, long bytesMax) {
            this.thread = Thread.ofVirtual().unstarted(() -> {
                byte[] chunk = new byte[8192];
                long left = bytesMax;
                try (in) {
                    int read;
                    while ((read = in.read(chunk)) > 0) {
                        int kept = (int) Math.min(left, read);
                        out.write(chunk, 0, kept);
                        left -= kept;
                    }
                } catch (IOException e) {
                    failure = e;
                }
            });
        }

        static Pump start(InputStream in, OutputStream out, long bytesMax) {
            Pump pump = new Pump(in, out, bytesMax);
            pump.thread.start();
            return pump;
        }

        void join() throws InterruptedException, IOException {
            thread.join();
            IOException cause = failure;
            if (cause != null) {
                throw cause;
            }
        }
    }
}
