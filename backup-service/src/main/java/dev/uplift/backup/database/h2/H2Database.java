package dev.uplift.backup.database.h2;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.Effect;
import dev.uplift.backup.step.StepFailedException;
import dev.uplift.backup.step.StepWork;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.backup.store.Manifest;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.DiskSpace;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.LocalHost;
import dev.uplift.host.Secret;
import dev.uplift.host.Secrets;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A database in a file of H2. It is only ever copied as a whole while nobody has it open, so the hash of
 * its content is the hash of the file. In a backup's directory: {@code data/database.mv.db}.
 *
 * <p>A restore writes a new file beside the live one and renames it over the live one, which is kept
 * under another name until the next restore.
 */
public final class H2Database implements ApplicationDatabase {
    private static final String NAME = "database";
    private static final String FAILED = ".uplift-failed-";

    private final DatabaseSpec.H2 spec;
    private final H2File live;
    private final Path jar;
    private final Path workDirectory;
    private final @Nullable Secret password;

    private H2Database(DatabaseSpec.H2 spec, H2File live, Path jar, Path workDirectory, @Nullable Secret password) {
        this.spec = spec;
        this.live = live;
        this.jar = jar;
        this.workDirectory = workDirectory;
        this.password = password;
    }

    /**
     * The database as an installation's workers see it. Opens nothing yet.
     *
     * @param jar of the application: it brings the H2 that a copy is tried with
     * @param workDirectory for scratch copies; what is in it with a name that ends in {@code .partial}
     *     is left by interrupted runs
     * @throws IOException if the path is not what was registered, or the password cannot be had
     */
    public static ApplicationDatabase open(DatabaseSpec.H2 spec, Path jar, Path workDirectory) throws IOException {
        if (!spec.host().equals(NodeSpec.LOCAL)) {
            throw StepFailedException.refused(
                    ErrorCode.INVALID,
                    "the H2 file lies on host " + spec.host() + ", and only local ones are supported");
        }
        String reference = spec.passwordRef();
        return new H2Database(
                spec,
                H2File.at(spec.path()),
                jar,
                workDirectory,
                reference == null ? null : Secrets.resolve(new LocalHost(), reference));
    }

    @Override
    public String kind() {
        return "h2";
    }

    @Override
    public StepOutput.DatabaseChecked check(StepWork work) throws Exception {
        List<Check> checks = new ArrayList<>();
        if (!live.exists()) {
            add(checks, "database.file", false, "", live.path() + " does not exist: register the application again");
            return new StepOutput.DatabaseChecked("H2", 0, checks);
        }
        long sizeBytes = Files.size(live.path());
        add(
                checks,
                "database.file",
                H2File.hasHeader(live.path()),
                live.path() + " is an H2 file",
                live.path() + " does not begin as H2 writes it: look at it before any upgrade");
        String version = "H2";
        Path scratch = scratch(work);
        try (H2Driver driver = H2Driver.of(jar, scratch)) {
            version = "H2 " + driver.version();
            add(checks, "database.tools", true, version + " of " + jar.getFileName() + " will prove the copy", "");
        } catch (StepFailedException e) {
            add(checks, "database.tools", false, "", String.valueOf(e.getMessage()));
        } finally {
            DurableFiles.delete(scratch);
        }
        long freeBytes = DiskSpace.freeBytes(live.directory());
        add(
                checks,
                "database.space",
                freeBytes > sizeBytes,
                "the disk has room for a restore",
                "a restore needs " + sizeBytes + " bytes beside " + live.path() + ", only " + freeBytes
                        + " are free: free some");
        add(
                checks,
                "database.rights",
                Files.isWritable(live.path()) && Files.isWritable(live.directory()),
                "the file can be replaced",
                "this service may not write " + live.path() + " or its directory: run it as their owner or as root");
        return new StepOutput.DatabaseChecked(version, sizeBytes, checks);
    }

    @Override
    public void discardLeftovers(StepWork work) throws Exception {
        String prefix = "." + live.path().getFileName() + ".";
        List<Path> drafts;
        try (Stream<Path> files = Files.list(live.directory())) {
            drafts = files.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return name.startsWith(prefix) && name.endsWith(DurableFiles.TEMPORARY_SUFFIX);
                    })
                    .toList();
        }
        for (Path draft : drafts) {
            DurableFiles.delete(draft);
        }
    }

    @Override
    public void requireCold() throws Exception {
        if (live.exists()) {
            live.locked(FileChannel::isOpen);
        }
    }

    @Override
    public String contentHash(StepWork work) throws Exception {
        if (!live.exists()) {
            return "";
        }
        // A restore may have died between its rename and the fsync: what is compared shall be what stays.
        DurableFiles.force(live.path());
        DurableFiles.forceDirectory(live.directory());
        LongConsumer progress = work.bytes("reading the database", Files.size(live.path()));
        return BackupFiles.sha256(live.path(), 0, progress);
    }

    @Override
    public Snapshot dump(Path directory, StepWork work) throws Exception {
        if (!live.exists()) {
            throw StepFailedException.refused(ErrorCode.BACKUP_FAILED, live.path() + " does not exist");
        }
        if (!H2File.hasHeader(live.path())) {
            throw StepFailedException.refused(
                    ErrorCode.BACKUP_FAILED,
                    live.path() + " does not begin as H2 writes it: it is damaged or no H2 file");
        }
        Path data = directory.resolve("data");
        Instant takenAt = Instant.now();
        String[] sha256 = new String[1];
        work.effect(Effect.DUMP, () -> {
            BackupFiles.createDirectories(data);
            sha256[0] = live.locked(channel -> copy(channel, data.resolve(NAME + H2File.SUFFIX), work));
        });
        return new Snapshot(sha256[0], "H2", "copy", Files.size(live.path()), takenAt);
    }

    @Override
    public void prove(Path directory, Manifest manifest, StepWork work) throws Exception {
        Path scratch = scratch(work);
        try {
            work.effect(Effect.SCRATCH, () -> {
                DurableFiles.delete(scratch);
                BackupFiles.createDirectories(scratch);
                String sha256 = DurableFiles.copy(
                                copyIn(directory),
                                scratch.resolve(NAME + H2File.SUFFIX),
                                DurableFiles.OWNER_ONLY,
                                work.bytes("copying for the proof", manifest.sizeBytes()))
                        .sha256();
                if (!sha256.equals(manifest.contentHash())) {
                    throw StepFailedException.failed(
                            ErrorCode.BACKUP_FAILED, "the copy that was read back differs from what was written");
                }
            });
            work.effect(Effect.PROVE, () -> readWhole(scratch, work));
            work.effect(Effect.DISCARD, () -> DurableFiles.delete(scratch));
        } catch (Exception e) {
            DurableFiles.delete(scratch);
            throw e;
        }
    }

    @Override
    public void replace(Path directory, Manifest manifest, StepWork work) throws Exception {
        Path draft = draft(work);
        try {
            work.effect(Effect.CREATE, () -> DurableFiles.delete(draft));
            work.effect(Effect.LOAD, () -> {
                String sha256 = DurableFiles.copy(
                                copyIn(directory),
                                draft,
                                DurableFiles.OWNER_ONLY,
                                work.bytes("restoring the database's file", manifest.sizeBytes()))
                        .sha256();
                if (!sha256.equals(manifest.contentHash())) {
                    throw StepFailedException.refused(
                            ErrorCode.BACKUP_CORRUPT, "backup " + manifest.backupId() + " changed while it was read");
                }
            });
            work.effect(Effect.SETTINGS, () -> giveOwnerAndMode(draft));
            work.fencedEffect(Effect.KEEP, () -> {
                requireCold();
                if (live.exists()) {
                    DurableFiles.hardLink(failed(work.command().epoch()), live.path());
                }
            });
            work.fencedEffect(Effect.REPLACE, () -> {
                requireCold();
                if (!BackupFiles.sha256(draft).equals(manifest.contentHash())) {
                    throw StepFailedException.failed(
                            ErrorCode.RESTORE_FAILED, draft + " is not what was written to it");
                }
                DurableFiles.moveInto(draft, live.path());
            });
        } catch (Exception e) {
            DurableFiles.delete(draft);
            throw e;
        }
        work.fencedEffect(Effect.FORGET, this::forgetOlder);
    }

    private void readWhole(Path scratch, StepWork work) throws IOException {
        work.run().progress(Progress.of("reading the copy with the application's own H2"));
        try (H2Driver driver = H2Driver.of(jar, scratch)) {
            long tables = driver.readWhole(scratch.resolve(NAME), spec.user(), password, work.run()::checkCancelled);
            if (tables == 0) {
                throw StepFailedException.refused(
                        ErrorCode.BACKUP_FAILED,
                        "the H2 of " + jar.getFileName() + " finds no table in the copy: " + live.path()
                                + " is damaged or was never used");
            }
        } catch (SQLException e) {
            throw StepFailedException.refused(
                    ErrorCode.BACKUP_FAILED,
                    "the H2 of " + jar.getFileName() + " cannot read the copy whole (error " + e.getErrorCode()
                            + "): start the application once more and look at its log",
                    e);
        }
    }

    private String copy(FileChannel channel, Path to, StepWork work) throws IOException {
        LongConsumer progress = work.bytes("copying the database's file", channel.size());
        return DurableFiles.copy(
                        Channels.newInputStream(channel), to, Long.MAX_VALUE, DurableFiles.OWNER_ONLY, progress)
                .sha256();
    }

    private void giveOwnerAndMode(Path draft) throws IOException {
        Path example = live.exists() ? live.path() : live.directory();
        PosixFileAttributes wanted =
                Files.readAttributes(example, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributeView view =
                Files.getFileAttributeView(draft, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributes actual = view.readAttributes();
        if (!actual.owner().equals(wanted.owner())) {
            view.setOwner(wanted.owner());
        }
        if (!actual.group().equals(wanted.group())) {
            view.setGroup(wanted.group());
        }
        if (live.exists()) {
            view.setPermissions(wanted.permissions());
        }
        DurableFiles.force(draft);
    }

    /** Where the live file is kept: a name that is free, or is the live file's already. */
    private Path failed(long epoch) throws IOException {
        for (int number = 1; ; number++) {
            Path name = live.path()
                    .resolveSibling(live.path().getFileName() + FAILED + epoch + (number > 1 ? "-" + number : ""));
            if (!Files.exists(name, LinkOption.NOFOLLOW_LINKS) || Files.isSameFile(name, live.path())) {
                return name;
            }
        }
    }

    /** Keeps the file that was replaced last, and deletes those of earlier restores. */
    private void forgetOlder() throws IOException {
        String prefix = live.path().getFileName() + FAILED;
        List<Path> newestFirst;
        try (Stream<Path> files = Files.list(live.directory())) {
            newestFirst = files.filter(file -> number(file, prefix).isPresent())
                    .sorted(Comparator.comparing(
                                    (Path file) -> number(file, prefix).orElseThrow())
                            .reversed())
                    .toList();
        }
        for (Path older : newestFirst.stream().skip(1).toList()) {
            Files.deleteIfExists(older);
        }
        DurableFiles.forceDirectory(live.directory());
    }

    /** {@code EPOCH} or {@code EPOCH-NUMBER} as a number that grows with both; empty for other files. */
    private static Optional<Long> number(Path file, String prefix) {
        String name = String.valueOf(file.getFileName());
        if (!name.startsWith(prefix) || !name.substring(prefix.length()).matches("\\d{1,12}(-\\d{1,4})?")) {
            return Optional.empty();
        }
        String[] parts = name.substring(prefix.length()).split("-", -1);
        return Optional.of(Long.parseLong(parts[0]) * 10_000 + (parts.length > 1 ? Long.parseLong(parts[1]) : 1));
    }

    private static Path copyIn(Path directory) {
        return directory.resolve("data").resolve(NAME + H2File.SUFFIX);
    }

    /** Each run has its own: one that was taken over may still write to it. */
    private Path draft(StepWork work) {
        return DurableFiles.temporary(live.path().resolveSibling(live.path().getFileName() + "." + work.tag()));
    }

    private Path scratch(StepWork work) {
        return workDirectory.resolve("scratch." + work.command().commandId() + "." + work.tag() + ".partial");
    }

    private static void add(List<Check> checks, String name, boolean good, String detail, String remedy) {
        checks.add(new Check(name, good ? Check.Verdict.OK : Check.Verdict.FAIL, good ? detail : remedy));
    }
}
