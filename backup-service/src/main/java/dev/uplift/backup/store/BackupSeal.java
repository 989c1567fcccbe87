/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.host.Digested;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * By what a backup is known to be whole and our own, in whatever store it is. Beside the files of the database there are
 * {@code files.sha256} (each of these files with its hash, as {@code sha256sum -c} reads it), {@code manifest.json}
 * (which holds the hash of the list) and {@code manifest.mac} (HMAC-SHA256 of the manifest). What the proof of the
 * backup warned of is known only after all these are written: it is in {@code warnings.json}, and {@code warnings.mac}
 * is the HMAC-SHA256 of it together with the backup's id. A restore needs neither.
 */
public final class BackupSeal {
    private static final Logger LOG = LoggerFactory.getLogger(BackupSeal.class);
    private static final String MANIFEST = "manifest.json";
    private static final String MAC = "manifest.mac";
    private static final String FILES = "files.sha256";
    private static final String WARNINGS = "warnings.json";
    private static final String WARNINGS_MAC = "warnings.mac";
    private static final Set<String> OWN_FILES = Set.of(MANIFEST, MAC, FILES, WARNINGS, WARNINGS_MAC);
    private static final int HASH_DIGITS = 64;
    private static final String BETWEEN = "  ";

    /** Completes a manifest with what is known of the files. */
    @FunctionalInterface
    public interface ManifestOf {
        Manifest files(long sizeBytes, long fileCount, String filesSha256);
    }

    private final MacKey key;

    /**
     * With the key in this file, which is made if it is missing.
     *
     * @throws IOException if that is not possible
     */
    public BackupSeal(Path keyFile) throws IOException {
        this.key = MacKey.at(keyFile);
    }

    /**
     * Makes all files durable, and writes the list of them, the manifest and its MAC.
     *
     * @param complete given the size, count and list hash of the files, returns the manifest
     */
    public Manifest apply(BackupDraft draft, ManifestOf complete) throws IOException {
        draft.settle();
        StringBuilder list = new StringBuilder();
        long sizeBytes = 0;
        List<String> names = draft.names();
        for (String name : names) {
            Digested file = digest(draft, name, bytes -> {});
            sizeBytes += file.sizeBytes();
            list.append(file.sha256()).append(BETWEEN).append(name).append('\n');
        }
        byte[] listBytes = list.toString().getBytes(UTF_8);
        draft.write(FILES, listBytes);
        Manifest manifest = complete.files(sizeBytes, names.size(), sha256(listBytes));
        byte[] json = Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest);
        draft.write(MANIFEST, json);
        draft.write(MAC, (key.of(json) + "\n").getBytes(US_ASCII));
        return manifest;
    }

    /**
     * Reads everything back from the store and compares it with the hashes that were written.
     *
     * @param progress told how many bytes were read so far; may throw to give up
     * @throws StepFailure BACKUP_CORRUPT if a file is missing, added or changed, or the manifest
     *     was not written by this service
     */
    public Manifest verify(StoredBackup backup, LongConsumer progress) throws IOException {
        Manifest manifest = manifest(backup);
        Set<String> listed = new HashSet<>();
        long bytes = 0;
        for (String line : list(backup, manifest)) {
            String name = line.substring(HASH_DIGITS + BETWEEN.length());
            long before = bytes;
            Digested file = digest(backup, name, read -> progress.accept(before + read));
            if (!file.sha256().equals(line.substring(0, HASH_DIGITS))) {
                throw corrupt(backup, name + " was changed");
            }
            bytes += file.sizeBytes();
            listed.add(name);
        }
        for (String name : backup.names()) {
            if (!listed.contains(name) && !OWN_FILES.contains(name)) {
                throw corrupt(backup, name + " was added");
            }
        }
        return manifest;
    }

    /**
     * What one of a backup's files holds, without reading the others.
     *
     * @throws StepFailure BACKUP_CORRUPT if it is not what was written
     */
    public byte[] read(StoredBackup backup, String name) throws IOException {
        byte[] content = content(backup, name);
        if (!list(backup, manifest(backup)).contains(sha256(content) + BETWEEN + name)) {
            throw corrupt(backup, name + " was changed");
        }
        return content;
    }

    /**
     * What a backup says of itself.
     *
     * @throws StepFailure BACKUP_CORRUPT if this service has not written that
     */
    Manifest manifest(StoredBackup backup) throws IOException {
        byte[] json = document(backup, MANIFEST);
        if (!key.accepts(json, mac(backup, MAC))) {
            throw corrupt(backup, MANIFEST + " does not carry this store's MAC");
        }
        try {
            Manifest manifest = Json.mapper().readValue(json, Manifest.class);
            if (manifest.format() != Manifest.FORMAT) {
                throw corrupt(backup, "its format " + manifest.format() + " is not known to this version of Uplift");
            }
            return manifest;
        } catch (JsonProcessingException e) {
            throw corrupt(backup, MANIFEST + " cannot be read");
        }
    }

    /** Writes down what the proof of a backup warned of, for whoever finds the backup after a crash. */
    public void warn(BackupDraft draft, List<Check> warnings) throws IOException {
        byte[] json = Json.mapper().writeValueAsBytes(warnings);
        draft.write(WARNINGS, json);
        draft.write(WARNINGS_MAC, (key.of(ofBackup(draft, json)) + "\n").getBytes(US_ASCII));
    }

    /** What the proof of a backup warned of. If this service did not write it, or it cannot be read, one warning says so. */
    public List<Check> warnings(StoredBackup backup) {
        try {
            byte[] json = document(backup, WARNINGS);
            if (key.accepts(ofBackup(backup, json), mac(backup, WARNINGS_MAC))) {
                return List.of(Json.mapper().readValue(json, Check[].class));
            }
            LOG.warn("{} of {} does not carry this store's MAC", WARNINGS, backup.location());
        } catch (IOException | StepFailure e) {
            LOG.warn("{} of {} cannot be read: {}", WARNINGS, backup.location(), e.getMessage());
        }
        return List.of(new Check(
                "backup.warnings",
                Check.Verdict.WARN,
                "what the proof of the backup warned of was changed or cannot be read: uplift plan tells what a restore"
                        + " goes without"));
    }

    /** Begins as no manifest does, so that a MAC of the one never is one of the other. */
    private static byte[] ofBackup(StoredBackup backup, byte[] warnings) {
        byte[] head = ("warnings of " + backup.id() + "\n").getBytes(US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + warnings.length);
        System.arraycopy(warnings, 0, all, head.length, warnings.length);
        return all;
    }

    /** The lines of the list that the manifest has the hash of. */
    private static List<String> list(StoredBackup backup, Manifest manifest) throws IOException {
        byte[] list = content(backup, FILES);
        if (!sha256(list).equals(manifest.filesSha256())) {
            throw corrupt(backup, FILES + " was changed");
        }
        return new String(list, UTF_8).lines().toList();
    }

    private static byte[] document(StoredBackup backup, String name) throws IOException {
        try (InputStream in = open(backup, name)) {
            byte[] document = in.readNBytes(Json.DOCUMENT_BYTES_MAX + 1);
            if (document.length > Json.DOCUMENT_BYTES_MAX) {
                throw corrupt(backup, name + " was changed");
            }
            return document;
        }
    }

    private static String mac(StoredBackup backup, String name) throws IOException {
        return new String(document(backup, name), US_ASCII).strip();
    }

    private static byte[] content(StoredBackup backup, String name) throws IOException {
        try (InputStream in = open(backup, name)) {
            return in.readAllBytes();
        }
    }

    private static Digested digest(StoredBackup backup, String name, LongConsumer progress) throws IOException {
        try (InputStream in = open(backup, name)) {
            return BackupFiles.digest(in, progress);
        }
    }

    private static InputStream open(StoredBackup backup, String name) throws IOException {
        try {
            return backup.open(name);
        } catch (NoSuchFileException e) {
            throw corrupt(backup, name + " is missing");
        }
    }

    private static StepFailure corrupt(StoredBackup backup, String what) {
        return StepFailure.refused(
                ErrorCode.BACKUP_CORRUPT,
                "backup " + backup.id() + ": " + what + "; nothing was restored from it, use another copy of "
                        + backup.location());
    }

    private static String sha256(byte[] bytes) {
        MessageDigest digest = BackupFiles.sha256();
        digest.update(bytes);
        return BackupFiles.hex(digest);
    }
}
