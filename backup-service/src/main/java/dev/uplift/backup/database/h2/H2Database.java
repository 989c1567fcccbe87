/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.StoredBackup;
import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.Digested;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.Exec;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.FileStatus;
import dev.uplift.host.Host;
import dev.uplift.host.Secret;
import dev.uplift.host.Secrets;
import dev.uplift.host.WrongContentException;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A database in a file of H2, on any host. It is only ever copied as a whole while nobody has it open, so the
 * hash of its content is the hash of the file, and a copy counts only if the file still has that hash after it, found
 * out on its host. In a backup's directory: {@code data/database.mv.db}.
 *
 * <p>A restore brings a new file to a directory of its own beside the live one, and renames it over the live one,
 * which is kept under another name until the next restore.
 */
public final class H2Database implements ApplicationDatabase {
    private static final String NAME = "database";
    private static final long CLASSES_BYTES = 4L << 20;
    private static final Duration QUICK = Duration.ofSeconds(30);

    private final Host host;
    private final H2File live;
    private final H2CopyProof proof;
    private final Path workDirectory;

    private H2Database(Host host, H2File live, H2CopyProof proof, Path workDirectory) {
        this.host = host;
        this.live = live;
        this.proof = proof;
        this.workDirectory = workDirectory;
    }

    /**
     * The database as an installation's workers see it. Opens nothing yet.
     *
     * @param host has the file, and that of the password
     * @param jar of the application: it brings the H2 that a copy is tried with
     * @param processes that the H2 runs in
     * @param workDirectory for scratch copies, on this machine; what is in it with a name that ends in {@code
     *     .partial} is left by interrupted runs
     * @throws IOException if the path is not what was registered, or the password cannot be had
     */
    public static ApplicationDatabase open(
            InstallationSpec installation,
            DatabaseSpec.H2 spec,
            Host host,
            ApplicationJar jar,
            H2Processes processes,
            Path workDirectory)
            throws IOException {
        String reference = spec.passwordRef();
        Secret password = reference == null ? null : Secrets.resolve(host, reference);
        H2File live = H2File.at(host, spec.path());
        return new H2Database(
                host,
                live,
                new H2CopyProof(installation, spec.user(), password, host, live, jar, processes),
                workDirectory);
    }

    @Override
    public String kind() {
        return "h2";
    }

    @Override
    public StepOutput.DatabaseChecked check(BackupWork work) throws Exception {
        List<Check> checks = new ArrayList<>();
        if (!live.exists()) {
            add(checks, "database.file", false, "", live + " does not exist: register the application again");
            return new StepOutput.DatabaseChecked("H2", 0, checks);
        }
        FileStatus status = live.status();
        long sizeBytes = status.sizeBytes();
        add(
                checks,
                "database.file",
                live.hasHeader(),
                live + " is an H2 file",
                live + " does not begin as H2 writes it: look at it before any upgrade");
        String version = "H2";
        try {
            version = "H2 " + proof.version(work);
            add(checks, "database.tools", true, version + " of " + proof.jarName() + " will prove the copy", "");
        } catch (StepFailure e) {
            add(checks, "database.tools", false, "", String.valueOf(e.getMessage()));
        }
        long freeBytes = host.files().freeBytes(live.directory());
        add(
                checks,
                "database.space",
                freeBytes > sizeBytes,
                "the disk has room for a restore",
                "a restore needs " + ByteCount.text(sizeBytes) + " beside " + live + ", only "
                        + ByteCount.text(freeBytes) + " are free: free some");
        boolean own = host.uid() == 0 || host.uid() == status.uid();
        add(
                checks,
                "database.rights",
                own && host.files().mayWrite(live.path()) && host.files().mayWrite(live.directory()),
                "the file can be replaced",
                "user " + host.uid() + " may not write " + live
                        + " or its directory, or does not own the file: let its owner or root work there");
        return new StepOutput.DatabaseChecked(version, sizeBytes, checks);
    }

    /** {@inheritDoc} The scratch copy is on this machine, too, and the H2 that reads it. */
    @Override
    public long backupBytes(long databaseBytes) {
        return 2 * databaseBytes + CLASSES_BYTES;
    }

    @Override
    public void discardLeftovers(BackupWork work) throws Exception {
        String prefix = "." + live.path().getFileName() + ".";
        work.fenced(held -> {
            for (String name : host.files().list(live.directory())) {
                if (name.startsWith(prefix) && name.endsWith(DurableFiles.TEMPORARY_SUFFIX)) {
                    held.delete(live.path().resolveSibling(name));
                }
            }
        });
    }

    @Override
    public void requireCold() throws Exception {
        live.requireCold();
    }

    @Override
    public Content content(StoredBackup backup, BackupWork work) throws Exception {
        if (!live.exists()) {
            return Content.NONE;
        }
        work.run().progress(Progress.of("reading the database"));
        // A restore may have died between its rename and the fsync: what is compared shall be what stays.
        work.fenced(held -> held.settle(live.path()));
        return new Content(host.files().digest(live.path()).sha256(), _ -> List.of());
    }

    @Override
    public Snapshot dump(Path directory, BackupWork work) throws Exception {
        if (!live.exists()) {
            throw StepFailure.refused(ErrorCode.BACKUP_FAILED, live + " does not exist");
        }
        if (!live.hasHeader()) {
            throw StepFailure.refused(
                    ErrorCode.BACKUP_FAILED, live + " does not begin as H2 writes it: it is damaged or no H2 file");
        }
        Path data = directory.resolve("data");
        Instant takenAt = work.clock().instant();
        Digested copied = work.effects().call(BackupEffect.DUMP, () -> {
            BackupFiles.createDirectories(data);
            return copy(data.resolve(NAME + H2File.SUFFIX), work);
        });
        return new Snapshot(copied.sha256(), "H2", "copy", copied.sizeBytes(), takenAt);
    }

    /** Whoever opened the file after it was found at rest has changed it by now, or still has it open. */
    private Digested copy(Path to, BackupWork work) throws IOException {
        long sizeBytes = live.status().sizeBytes();
        Digested copied;
        try (InputStream in = host.files().stream(live.path())) {
            copied = DurableFiles.copy(
                    in,
                    to,
                    Long.MAX_VALUE,
                    DurableFiles.OWNER_ONLY,
                    work.bytes("copying the database's file", sizeBytes));
        }
        work.run().progress(Progress.of("comparing the copy with the database's file"));
        if (!host.files().digest(live.path()).equals(copied)) {
            throw StepFailure.retryable(
                    ErrorCode.STILL_RUNNING,
                    live + " was changed while it was copied: somebody works on it, stop that first");
        }
        live.requireCold();
        return copied;
    }

    @Override
    public List<Check> prove(Path directory, Manifest manifest, BackupWork work) throws Exception {
        Path scratch = scratch(work);
        try {
            work.effects().run(BackupEffect.SCRATCH, () -> {
                DurableFiles.delete(scratch);
                BackupFiles.createDirectories(scratch);
                String sha256 = DurableFiles.copy(
                                copyIn(directory),
                                scratch.resolve(NAME + H2File.SUFFIX),
                                DurableFiles.OWNER_ONLY,
                                work.bytes("copying for the proof", manifest.sizeBytes()))
                        .sha256();
                if (!sha256.equals(manifest.contentHash())) {
                    throw StepFailure.retryable(
                            ErrorCode.BACKUP_FAILED, "the copy that was read back differs from what was written");
                }
            });
            work.effects().run(BackupEffect.PROVE, () -> proof.readWhole(scratch.resolve(NAME), work));
            work.effects().run(BackupEffect.DISCARD, () -> DurableFiles.delete(scratch));
            return List.of();
        } catch (Exception e) {
            DurableFiles.delete(scratch);
            throw e;
        }
    }

    @Override
    public List<Check> replace(Path directory, Manifest manifest, BackupWork work) throws Exception {
        Path place = DurableFiles.temporary(live.path());
        Path draft = place.resolve(work.tag());
        ReplacedFiles replaced = new ReplacedFiles(host.files(), live.path());
        try {
            work.runFenced(BackupEffect.CREATE, held -> {
                held.delete(place);
                held.createDirectory(place, DurableFiles.OWNER_ONLY_DIRECTORY);
            });
            work.effects().run(BackupEffect.LOAD, () -> bring(copyIn(directory), draft, manifest, work));
            work.runFenced(BackupEffect.SETTINGS, held -> giveOwnerAndMode(draft, held));
            work.runFenced(BackupEffect.KEEP, held -> {
                requireCold();
                if (live.exists()) {
                    held.hardLink(replaced.free(work.command().epoch()), live.path());
                }
            });
            work.runFenced(BackupEffect.REPLACE, held -> {
                requireCold();
                if (!host.files().digest(draft).sha256().equals(manifest.contentHash())) {
                    throw StepFailure.retryable(ErrorCode.RESTORE_FAILED, draft + " is not what was written to it");
                }
                held.moveInto(draft, live.path());
            });
        } catch (Exception e) {
            discard(place, e, work);
            throw e;
        }
        work.runFenced(BackupEffect.FORGET, held -> {
            held.delete(place);
            replaced.forgetOlder(held);
        });
        return List.of();
    }

    private void bring(Path copy, Path draft, Manifest manifest, BackupWork work) throws IOException {
        try {
            work.fence()
                    .bring(
                            draft,
                            offset -> from(copy, offset),
                            manifest.contentHash(),
                            Files.size(copy),
                            work.bytes("restoring the database's file", manifest.sizeBytes()));
        } catch (WrongContentException e) {
            throw BackupFiles.sha256(copy).equals(manifest.contentHash())
                    ? StepFailure.retryable(ErrorCode.RESTORE_FAILED, draft + " is not what was written to it", e)
                    : StepFailure.refused(
                            ErrorCode.BACKUP_CORRUPT,
                            "backup " + manifest.backupId() + " changed while it was read",
                            e);
        } catch (FileSystemException e) {
            // Over SFTP a full disk is just a failure.
            if (host.files().freeBytes(live.directory()) < manifest.sizeBytes()) {
                throw StepFailure.retryable(
                        ErrorCode.HOST_STORAGE, "the disk of " + live + " has no room for a restore: free some", e);
            }
            throw e;
        }
    }

    private static InputStream from(Path copy, long offset) throws IOException {
        InputStream in = Files.newInputStream(copy, LinkOption.NOFOLLOW_LINKS);
        try {
            in.skipNBytes(offset);
            return in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** After a crash, or from a host that was lost, there is nobody to do this: the next run does it. */
    private static void discard(Path place, Exception failure, BackupWork work) {
        try {
            work.fenced(held -> held.delete(place));
        } catch (Exception e) {
            failure.addSuppressed(e);
        }
    }

    /** The rights of the file that it replaces; of the directory where there is none. */
    private void giveOwnerAndMode(Path draft, Fence.Held held)
            throws IOException, InterruptedException, FencedException {
        Optional<FileStatus> before = host.files().status(live.path());
        FileStatus wanted = before.isPresent()
                ? before.get()
                : host.files().status(live.directory()).orElseThrow();
        held.setOwner(draft, wanted.uid(), wanted.gid());
        if (status(draft).gid() != wanted.gid()) {
            held.run(Exec.of(QUICK, "chgrp", "-h", "--", Long.toString(wanted.gid()), draft.toString()));
        }
        if (before.isPresent()) {
            held.setMode(draft, wanted.mode());
        }
        FileStatus now = status(draft);
        if (now.uid() != wanted.uid() || now.gid() != wanted.gid()) {
            throw StepFailure.refused(
                    ErrorCode.HOST_UNEXPECTED,
                    "user " + host.uid() + " may not give a file to the owner of " + live
                            + ": let the owner or root work there");
        }
    }

    private FileStatus status(Path draft) throws IOException {
        return host.files()
                .status(draft)
                .orElseThrow(() -> StepFailure.retryable(ErrorCode.RESTORE_FAILED, draft + " is gone"));
    }

    private static Path copyIn(Path directory) {
        return directory.resolve("data").resolve(NAME + H2File.SUFFIX);
    }

    private Path scratch(BackupWork work) {
        return workDirectory.resolve("scratch." + work.command().commandId() + "." + work.tag() + ".partial");
    }

    private static void add(List<Check> checks, String name, boolean good, String detail, String remedy) {
        checks.add(new Check(name, good ? Check.Verdict.OK : Check.Verdict.FAIL, good ? detail : remedy));
    }
}
