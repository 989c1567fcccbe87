/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.Program;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.DurableFiles;
import dev.uplift.messaging.OneLine;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A restore of the schema alone, as the application's role, into a scratch database beside the live one, while the
 * application serves: what a proof or a restore would be refused is known before the outage.
 *
 * <p>It costs a dump of the schema (locks as a reader has them), the creation of a database, and at most {@link #MAX}.
 * The scratch database of a run that was killed is dropped by the next rehearsal or backup.
 */
final class PostgresRehearsal {
    static final String CHECK = "database.rehearsal";
    /** What a failure that says nothing of the schema is told with. */
    static final String FAILED = "a restore could not be rehearsed: ";

    private static final Duration MAX = Duration.ofMinutes(2);
    private static final int NAMED_MAX = 3;

    private static final Pattern OWNER = Pattern.compile("(ALTER .+ OWNER TO )((?:\"(?:[^\"]|\"\")+\"|[^ \"]+))");
    private static final Pattern NO_MEMBER = Pattern.compile("must be member of role .*|must be able to SET ROLE .*");
    private static final Pattern NO_SCHEMA = Pattern.compile("permission denied for schema (.+)");
    private static final Pattern NO_GRANTOR = Pattern.compile("permission denied to set session authorization.*");

    private final PostgresServer server;
    private final PostgresNames names;
    private final Path directory;
    private boolean directoryMade;

    /** @param directory for the dump, which is gone at the end */
    PostgresRehearsal(PostgresServer server, PostgresNames names, Path directory) {
        this.server = server;
        this.names = names;
        this.directory = directory;
    }

    /** What came of it. */
    List<Check> run(DatabaseForm form, PostgresTools tools, BackupWork work) throws Exception {
        String live = server.spec().database();
        String scratch = names.rehearsal(work.tag());
        Path dump = directory.resolve("rehearsal." + work.tag() + ".partial");
        long deadline = System.nanoTime() + MAX.toNanos();
        Program.Poll poll = () -> {
            work.run().checkCancelled();
            work.run().progress(Progress.of("rehearsing a restore of the schema"));
            if (System.nanoTime() - deadline > 0) {
                throw new TimeoutException();
            }
        };
        try (Connection maintenance = server.maintenance()) {
            try {
                List<Check> checks = new ArrayList<>();
                work.effects().run(BackupEffect.REHEARSE, () -> {
                    server.dropAll(maintenance, names.leftOfRehearsal());
                    DurableFiles.delete(dump);
                    makeDirectory();
                    BackupFiles.createDirectories(dump);
                    PostgresServer.execute(maintenance, form.create(scratch));
                    PostgresArchive.Rehearsed rehearsed =
                            new PostgresArchive(dump, server, 1).rehearse(tools, live, scratch, poll);
                    List<Refusal> leftOut = new ArrayList<>(rehearsed.leftOut());
                    leftOut.addAll(form.apply(
                            maintenance, scratch, live, "the settings of database " + live, ErrorCode.BACKUP_FAILED));
                    checks.add(verdict(maintenance, rehearsed));
                    checks.addAll(Refusal.warnings(leftOut, live));
                });
                work.effects().run(BackupEffect.DISCARD, () -> {
                    server.dropQuietly(maintenance, scratch);
                    discard(dump);
                });
                checks.addAll(server.leftovers(maintenance, names.leftOfRehearsal()));
                return checks;
            } catch (Exception e) {
                server.dropQuietly(maintenance, scratch);
                try {
                    discard(dump);
                } catch (IOException left) {
                    e.addSuppressed(left);
                }
                return List.of(failed(e));
            }
        }
    }

    private void makeDirectory() throws IOException {
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY_DIRECTORY));
            directoryMade = true;
        } catch (FileAlreadyExistsException e) {
            // An operator's link to another disk is one, too.
        }
    }

    /** A directory that this run made for it alone goes, too: a plan leaves nothing. */
    private void discard(Path dump) throws IOException {
        DurableFiles.delete(dump);
        if (directoryMade && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.delete(directory);
            } catch (FileSystemException e) {
                // It has backups by now, or is somebody's mount point.
            }
        }
    }

    /** What a restore would fail on, too; passing trouble is thrown. */
    private static Check failed(Exception e) throws Exception {
        return switch (e) {
            case TimeoutException _ ->
                check(
                        Check.Verdict.WARN,
                        "a restore of the schema took longer than " + MAX.toSeconds()
                                + " s and was given up: whether everything can be restored shows only in the outage");
            case StepFailure failed
            when failed.code() == ErrorCode.BACKUP_FAILED ->
                check(Check.Verdict.FAIL, "the schema cannot be restored: " + failed.getMessage());
            case StepFailure passing
            when passing.code() == ErrorCode.DATABASE_UNAVAILABLE ->
                throw StepFailure.retryable(passing.code(), FAILED + passing.getMessage(), passing);
            case SQLException refused
            when Refusal.isOne(refused) ->
                check(Check.Verdict.FAIL, "the schema cannot be restored: " + StepFailures.message(refused));
            default -> throw e;
        };
    }

    private Check verdict(Connection maintenance, PostgresArchive.Rehearsed rehearsed) throws SQLException {
        if (rehearsed.failed().isEmpty()) {
            return rehearsed.differing().isEmpty()
                    ? check(Check.Verdict.OK, "the schema was restored into a scratch database and is equal")
                    : check(
                            Check.Verdict.FAIL,
                            "restored, the schema is not what it was: "
                                    + OneLine.of(rehearsed.differing().getFirst()));
        }
        Set<String> remedies = new LinkedHashSet<>();
        // Something that could not be made may be what all the rest misses.
        for (Refusal refusal : rehearsed.leftOut()) {
            if (refusal.statement().startsWith("CREATE EXTENSION")) {
                remedies.add(refusal.statement() + ": " + refusal.reason()
                        + "; register the application with a role that may, or drop what needs the extension");
            }
        }
        for (Refusal refusal : rehearsed.failed()) {
            remedies.add(remedy(maintenance, refusal));
        }
        List<String> all = List.copyOf(remedies);
        return check(
                Check.Verdict.FAIL,
                "the database cannot be restored by role " + server.spec().user() + " as it is: "
                        + String.join("; ", all.subList(0, Math.min(NAMED_MAX, all.size())))
                        + (all.size() > NAMED_MAX ? "; and " + (all.size() - NAMED_MAX) + " more" : ""));
    }

    private String remedy(Connection maintenance, Refusal refusal) throws SQLException {
        String user = Sql.name(server.spec().user());
        Matcher owner = OWNER.matcher(refusal.statement());
        Matcher schema = NO_SCHEMA.matcher(refusal.reason());
        if (owner.matches() && NO_MEMBER.matcher(refusal.reason()).matches()) {
            String role = owner.group(2);
            String member = "as a superuser run GRANT " + role + " TO " + user;
            String object = owner.group(1) + user;
            return isSuperuser(maintenance, role)
                    ? "as a superuser run " + object + " (it belongs to " + role + ")"
                    : member + ", or give " + user + " what belongs to " + role;
        }
        if (owner.matches() && schema.matches()) {
            return "run GRANT CREATE ON SCHEMA " + Sql.name(schema.group(1)) + " TO " + owner.group(2)
                    + ", which owns something there";
        }
        if (NO_GRANTOR.matcher(refusal.reason()).matches()) {
            return "a right was granted by another role than the owner: revoke it, and let the owner grant it: "
                    + refusal.statement();
        }
        return refusal.statement() + ": " + refusal.reason();
    }

    private static boolean isSuperuser(Connection connection, String quotedRole) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT 1 FROM pg_catalog.pg_roles WHERE pg_catalog.quote_ident(rolname) = ? AND rolsuper")) {
            query.setString(1, quotedRole);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static Check check(Check.Verdict verdict, String detail) {
        return new Check(CHECK, verdict, OneLine.of(detail));
    }
}
