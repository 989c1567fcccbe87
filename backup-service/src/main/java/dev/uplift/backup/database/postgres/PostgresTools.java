/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.Program;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.DiskSpace;
import dev.uplift.worker.StepFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code pg_dump} and {@code pg_restore} of one version. They run with a clean environment; passwords
 * are in it and never among the arguments.
 *
 * @param major {@code pg_dump} reads servers of this major version and older ones
 */
record PostgresTools(Path directory, int major, String version) {
    /** For {@code pg_dump}: it gives up when a table stays locked for half a minute. */
    static final String LOCK_WAIT = "--lock-wait-timeout=30000";

    /** For {@code pg_dump}: a database with a subscription in it, which only a superuser dumps, cannot be dropped. */
    static final String NO_SUBSCRIPTIONS = "--no-subscriptions";

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ((\\d+)[^ \\n]*)");

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
            Program.of(List.of(directory.resolve("pg_dump").toString(), "--version"), Map.of())
                    .run(out, () -> {});
            Matcher matcher = VERSION.matcher(out.toString(StandardCharsets.UTF_8));
            return matcher.find()
                    ? Optional.of(new PostgresTools(directory, Integer.parseInt(matcher.group(2)), matcher.group(1)))
                    : Optional.empty();
        } catch (Exception e) {
            return Optional.empty();
        }
    }

    /** Runs {@code pg_dump} on a database; what it prints goes to {@code out}. */
    void dump(
            ErrorCode code,
            PostgresServer server,
            String database,
            List<String> arguments,
            OutputStream out,
            Program.Poll poll)
            throws Exception {
        run(code, "pg_dump", server, database, arguments, out, poll);
    }

    /** The schema of a database. */
    PostgresSchema schema(
            ErrorCode code, PostgresServer server, String database, List<String> arguments, Program.Poll poll)
            throws Exception {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--schema-only", "--no-password", LOCK_WAIT));
        ByteArrayOutputStream schema = new ByteArrayOutputStream();
        dump(code, server, database, all, schema, poll);
        return PostgresSchema.of(schema.toString(StandardCharsets.UTF_8));
    }

    /** Runs {@code pg_restore} into a database. */
    void restore(ErrorCode code, PostgresServer server, String database, List<String> arguments, Program.Poll poll)
            throws Exception {
        List<String> all = new ArrayList<>(into(database));
        all.add("--exit-on-error");
        all.addAll(arguments);
        run(code, "pg_restore", server, database, all, OutputStream.nullOutputStream(), poll);
    }

    /**
     * Runs {@code pg_restore} into a database, past what the server refuses.
     *
     * @return what it refused
     */
    List<Refusal> tryRestore(
            ErrorCode code, PostgresServer server, String database, List<String> arguments, Program.Poll poll)
            throws Exception {
        List<String> all = new ArrayList<>(into(database));
        all.addAll(arguments);
        Program.Ended ended = start("pg_restore", server, database, all, OutputStream.nullOutputStream(), poll);
        List<Refusal> refusals = ended.exitCode() == 0 ? List.of() : Refusal.of(server.scrub(ended.errors()));
        if (refusals.isEmpty() || DiskSpace.isDiskFault(ended.errors())) {
            requireSuccess(ended, code, "pg_restore", server, database);
        }
        return refusals;
    }

    /** A bare name with a '=' in it would be read as a connection string. */
    private static List<String> into(String database) {
        return List.of("--dbname=dbname=" + Sql.conninfo(database), "--no-password");
    }

    /** What {@code pg_restore} prints of an archive. */
    String print(ErrorCode code, Path archive, PostgresServer server, List<String> arguments) throws Exception {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--", archive.toString()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        run(code, "pg_restore", server, server.spec().database(), all, out, () -> {});
        return out.toString(StandardCharsets.UTF_8);
    }

    private void run(
            ErrorCode code,
            String program,
            PostgresServer server,
            String database,
            List<String> arguments,
            OutputStream out,
            Program.Poll poll)
            throws Exception {
        requireSuccess(start(program, server, database, arguments, out, poll), code, program, server, database);
    }

    private Program.Ended start(
            String program,
            PostgresServer server,
            String database,
            List<String> arguments,
            OutputStream out,
            Program.Poll poll)
            throws Exception {
        List<String> argv = new ArrayList<>();
        argv.add(directory.resolve(program).toString());
        argv.addAll(arguments);
        return Program.of(argv, server.environment(database)).run(out, poll);
    }

    private static void requireSuccess(
            Program.Ended ended, ErrorCode code, String program, PostgresServer server, String database) {
        if (ended.exitCode() != 0) {
            String errors = server.scrub(ended.errors());
            String error = errors.lines()
                    .filter(line -> line.contains("error:") || line.contains("fatal:"))
                    .findFirst()
                    .or(() -> errors.lines().filter(line -> !line.isBlank()).findFirst())
                    .orElse("it printed nothing");
            boolean storage = DiskSpace.isDiskFault(errors);
            throw StepFailure.retryable(
                    storage ? ErrorCode.HOST_STORAGE : code,
                    program + " of database " + database + " ended with exit code " + ended.exitCode() + ": " + error
                            + (storage ? "; free some room or repair the disk" : ""));
        }
    }
}
