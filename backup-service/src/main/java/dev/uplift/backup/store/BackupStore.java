package dev.uplift.backup.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toUnmodifiableSet;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.host.DiskSpace;
import dev.uplift.host.DurableFiles;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups in a directory tree, {@code <home>/backups/<installation>/<backup>/}, that only its owner can
 * read. A backup grows in {@code <backup>.<run>.partial}; the rename to {@code <backup>} is the moment
 * from which it is verified, and nothing in it changes after that.
 *
 * <p>In a backup's directory: {@code data/} and whatever else the database's kind needs, {@code
 * files.sha256} (each of these files with its hash, as {@code sha256sum -c} reads it), {@code manifest.json}
 * (which holds the hash of the list) and {@code manifest.mac} (HMAC-SHA256 of the manifest). What the proof of the
 * backup warned of is known only after all these are written: it is in {@code warnings.json}, and {@code warnings.mac}
 * is the HMAC-SHA256 of it together with the backup's id. A restore needs neither.
 */
public final class BackupStore {
    private static final Logger LOG = LoggerFactory.getLogger(BackupStore.class);
    private static final String MANIFEST = "manifest.json";
    private static final String MAC = "manifest.mac";
    private static final String FILES = "files.sha256";
    private static final String WARNINGS = "warnings.json";
    private static final String WARNINGS_MAC = "warnings.mac";
    private static final String PARTIAL = ".partial";
    private static final String PRUNED = ".pruned";
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Set<String> OWN_FILES = Set.of(MANIFEST, MAC, FILES, WARNINGS, WARNINGS_MAC);

    /** Completes a manifest with what is known of the files. */
    @FunctionalInterface
    public interface ManifestOf {
        Manifest files(long sizeBytes, long fileCount, String filesSha256);
    }

    private final Path root;
    private final MacKey key;
    private final Retention retention;
    private final Clock clock;

    /**
     * Opens the store below {@code home}, making it and its key if they are missing.
     *
     * @throws IOException if that is not possible
     */
    public BackupStore(Path home, Retention retention, Clock clock) throws IOException {
        this.root = home.resolve("backups");
        this.retention = retention;
        this.clock = clock;
        BackupFiles.createDirectories(root);
        this.key = MacKey.at(home.resolve("keys").resolve("backup-mac.key"));
    }

    /** Free space for new backups. */
    public long usableBytes() throws IOException {
        return DiskSpace.freeBytes(root);
    }

    /** Makes an empty directory for a backup to grow in. {@code run} differs for each attempt at the same backup. */
    public Path begin(UUID installation, UUID backup, String run) throws IOException {
        Path directory = directory(installation).resolve(backup + "." + run + PARTIAL);
        BackupFiles.createDirectories(directory);
        return directory;
    }

    /** Deletes what interrupted runs for this installation left behind. Whoever still writes there fails. */
    public void discardLeftovers(UUID installation) throws IOException {
        for (Path entry : entries(installation)) {
            String name = String.valueOf(entry.getFileName());
            if (name.endsWith(PARTIAL) || name.endsWith(PRUNED)) {
                DurableFiles.delete(entry);
            }
        }
    }

    /**
     * Writes the list of files, the manifest and its MAC, and makes the whole directory durable.
     *
     * @param complete given the size, count and list hash of the files, returns the manifest
     */
    public Manifest seal(Path partial, ManifestOf complete) throws IOException {
        BackupFiles.settle(partial);
        StringBuilder list = new StringBuilder();
        long sizeBytes = 0;
        List<Path> files = BackupFiles.files(partial);
        for (Path file : files) {
            sizeBytes += Files.size(file);
            list.append(BackupFiles.sha256(file))
                    .append("  ")
                    .append(partial.relativize(file))
                    .append('\n');
        }
        byte[] listBytes = list.toString().getBytes(UTF_8);
        DurableFiles.write(partial.resolve(FILES), listBytes, DurableFiles.OWNER_ONLY);
        Manifest manifest = complete.files(sizeBytes, files.size(), sha256(listBytes));
        byte[] json = Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest);
        DurableFiles.write(partial.resolve(MANIFEST), json, DurableFiles.OWNER_ONLY);
        DurableFiles.write(partial.resolve(MAC), (key.of(json) + "\n").getBytes(US_ASCII), DurableFiles.OWNER_ONLY);
        DurableFiles.forceDirectory(partial);
        return manifest;
    }

    /**
     * Reads everything back from the store and compares it with the hashes that were written.
     *
     * @param progress told how many bytes were read so far; may throw to give up
     * @throws StepFailure BACKUP_CORRUPT if a file is missing, added or changed, or the manifest
     *     was not written by this store
     */
    public Manifest verify(Path directory, LongConsumer progress) throws IOException {
        Manifest manifest = manifest(directory);
        Set<Path> listed = new HashSet<>();
        long bytes = 0;
        for (String line : list(directory, manifest)) {
            Path file = directory.resolve(line.substring(66)).normalize();
            if (!file.startsWith(directory) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw corrupt(directory, line.substring(66) + " is missing");
            }
            if (!BackupFiles.sha256(file, bytes, progress).equals(line.substring(0, 64))) {
                throw corrupt(directory, line.substring(66) + " was changed");
            }
            bytes += Files.size(file);
            listed.add(file);
        }
        for (Path file : BackupFiles.files(directory)) {
            if (!listed.contains(file) && !OWN_FILES.contains(String.valueOf(directory.relativize(file)))) {
                throw corrupt(directory, directory.relativize(file) + " was added");
            }
        }
        return manifest;
    }

    /**
     * What one of a backup's files holds, without reading the others.
     *
     * @throws StepFailure BACKUP_CORRUPT if it is not what was written
     */
    public byte[] read(Path directory, String file) throws IOException {
        Path path = directory.resolve(file);
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw corrupt(directory, file + " is missing");
        }
        byte[] content = Files.readAllBytes(path);
        if (!list(directory, manifest(directory)).contains(sha256(content) + "  " + file)) {
            throw corrupt(directory, file + " was changed");
        }
        return content;
    }

    /** The lines of the list that the manifest has the hash of. */
    private static List<String> list(Path directory, Manifest manifest) throws IOException {
        if (!Files.isRegularFile(directory.resolve(FILES), LinkOption.NOFOLLOW_LINKS)) {
            throw corrupt(directory, FILES + " is missing");
        }
        byte[] list = Files.readAllBytes(directory.resolve(FILES));
        if (!sha256(list).equals(manifest.filesSha256())) {
            throw corrupt(directory, FILES + " was changed");
        }
        return new String(list, UTF_8).lines().toList();
    }

    /** The directory of a verified backup; empty if there is none. */
    public Optional<Path> find(UUID installation, UUID backup) {
        Path directory = directory(installation).resolve(backup.toString());
        return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) ? Optional.of(directory) : Optional.empty();
    }

    /**
     * The directory of a verified backup.
     *
     * @throws StepFailure BACKUP_CORRUPT if there is none
     */
    public Path require(UUID installation, UUID backup) {
        return find(installation, backup)
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.BACKUP_CORRUPT,
                        "backup " + backup + " is not in " + directory(installation)
                                + ": look for it in other copies of " + root));
    }

    /** Writes down what the proof of a backup warned of, for whoever finds the backup after a crash. */
    public void warn(Path partial, UUID backup, List<Check> warnings) throws IOException {
        byte[] json = Json.mapper().writeValueAsBytes(warnings);
        String mac = key.of(ofBackup(backup, json)) + "\n";
        DurableFiles.write(partial.resolve(WARNINGS), json, DurableFiles.OWNER_ONLY);
        DurableFiles.write(partial.resolve(WARNINGS_MAC), mac.getBytes(US_ASCII), DurableFiles.OWNER_ONLY);
    }

    /** What the proof of a backup warned of. If this store did not write it, or it cannot be read, one warning says so. */
    public List<Check> warnings(Path directory, UUID backup) {
        try {
            byte[] json = document(directory, WARNINGS);
            if (key.accepts(ofBackup(backup, json), mac(directory, WARNINGS_MAC))) {
                return List.of(Json.mapper().readValue(json, Check[].class));
            }
            LOG.warn("{} of {} does not carry this store's MAC", WARNINGS, directory);
        } catch (IOException | StepFailure e) {
            LOG.warn("{} of {} cannot be read: {}", WARNINGS, directory, e.getMessage());
        }
        return List.of(new Check(
                "backup.warnings",
                Check.Verdict.WARN,
                "what the proof of the backup warned of was changed or cannot be read: uplift plan tells what a restore"
                        + " goes without"));
    }

    /** Begins as no manifest does, so that a MAC of the one never is one of the other. */
    private static byte[] ofBackup(UUID backup, byte[] warnings) {
        byte[] head = ("warnings of " + backup + "\n").getBytes(US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + warnings.length);
        System.arraycopy(warnings, 0, all, head.length, warnings.length);
        return all;
    }

    /** Makes the backup count as verified. Fails if it is there already. */
    public Path publish(Path partial, UUID installation, UUID backup) throws IOException {
        Path directory = directory(installation).resolve(backup.toString());
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(directory + " exists already");
        }
        DurableFiles.moveInto(partial, directory);
        return directory;
    }

    /** Makes the name of a verified backup durable: whoever gave it that name may have died before it was. */
    public void settle(Path directory) throws IOException {
        DurableFiles.forceDirectory(directory.resolveSibling("."));
    }

    /**
     * Deletes backups that retention does not keep. One whose manifest cannot be trusted is neither
     * counted nor deleted.
     *
     * @param needed never deleted
     */
    public void prune(UUID installation, Set<UUID> needed) throws IOException {
        Instant youngest = clock.instant().minus(retention.minAge());
        List<Manifest> newestFirst = verified(installation).stream()
                .sorted(Comparator.comparing(Manifest::takenAt).reversed())
                .toList();
        for (Manifest manifest : newestFirst.stream().skip(retention.count()).toList()) {
            if (manifest.takenAt().isBefore(youngest) && !needed.contains(manifest.backupId())) {
                Path directory =
                        directory(installation).resolve(manifest.backupId().toString());
                Path pruned = directory.resolveSibling(directory.getFileName() + PRUNED);
                DurableFiles.moveInto(directory, pruned);
                DurableFiles.delete(pruned);
                LOG.info("pruned backup {} of installation {}", manifest.backupId(), installation);
            }
        }
    }

    /** The ids of the backups of an installation that are there, verified or not. */
    public List<UUID> kept(UUID installation) throws IOException {
        return entries(installation).stream()
                .map(entry -> String.valueOf(entry.getFileName()))
                .filter(name -> ID.matcher(name).matches())
                .map(UUID::fromString)
                .sorted()
                .toList();
    }

    private List<Manifest> verified(UUID installation) throws IOException {
        Set<String> names = entries(installation).stream()
                .map(entry -> String.valueOf(entry.getFileName()))
                .collect(toUnmodifiableSet());
        List<Manifest> manifests = new ArrayList<>();
        for (String name : names) {
            try {
                Manifest manifest = manifest(directory(installation).resolve(name));
                if (manifest.backupId().toString().equals(name)) {
                    manifests.add(manifest);
                }
            } catch (IOException | StepFailure e) {
                LOG.warn("retention leaves {} of installation {} alone: {}", name, installation, e.getMessage());
            }
        }
        return manifests;
    }

    private Manifest manifest(Path directory) throws IOException {
        byte[] json = document(directory, MANIFEST);
        if (!key.accepts(json, mac(directory, MAC))) {
            throw corrupt(directory, MANIFEST + " does not carry this store's MAC");
        }
        try {
            Manifest manifest = Json.mapper().readValue(json, Manifest.class);
            if (manifest.format() != Manifest.FORMAT) {
                throw corrupt(directory, "its format " + manifest.format() + " is not known to this version of Uplift");
            }
            return manifest;
        } catch (JsonProcessingException e) {
            throw corrupt(directory, MANIFEST + " cannot be read");
        }
    }

    private static byte[] document(Path directory, String file) throws IOException {
        Path path = directory.resolve(file);
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw corrupt(directory, file + " is missing");
        }
        if (Files.size(path) > Json.DOCUMENT_BYTES_MAX) {
            throw corrupt(directory, file + " was changed");
        }
        return Files.readAllBytes(path);
    }

    private static String mac(Path directory, String file) throws IOException {
        return new String(document(directory, file), US_ASCII).strip();
    }

    private List<Path> entries(UUID installation) throws IOException {
        if (!Files.isDirectory(directory(installation))) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory(installation))) {
            return entries.toList();
        }
    }

    /** Where everything of one installation is. */
    public Path directory(UUID installation) {
        return root.resolve(installation.toString());
    }

    private static StepFailure corrupt(Path directory, String what) {
        return StepFailure.refused(
                ErrorCode.BACKUP_CORRUPT,
                "backup " + directory.getFileName() + ": " + what
                        + "; nothing was restored from it, use another copy of " + directory);
    }

    private static String sha256(byte[] bytes) {
        MessageDigest digest = BackupFiles.sha256();
        digest.update(bytes);
        return BackupFiles.hex(digest);
    }
}
