/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import dev.uplift.host.DiskSpace;
import dev.uplift.host.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups in a directory tree, {@code <root>/<installation>/<backup>/}, that only its owner can read. A backup grows in
 * {@code <backup>.<run>.partial}; the rename to {@code <backup>} publishes it.
 */
public final class FileBackupStore implements BackupStore {
    private static final Logger LOG = LoggerFactory.getLogger(FileBackupStore.class);
    private static final String PARTIAL = ".partial";
    private static final String PRUNED = ".pruned";
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final Path root;

    /**
     * Opens the store, making its directory if that is missing.
     *
     * @throws IOException if that is not possible
     */
    public FileBackupStore(Path root) throws IOException {
        this.root = root;
        BackupFiles.createDirectories(root);
    }

    @Override
    public String location() {
        return root.toString();
    }

    @Override
    public long usableBytes() throws IOException {
        return DiskSpace.freeBytes(root);
    }

    /** {@inheritDoc} It is that of the installation's backups, so that a store needs one disk. */
    @Override
    public Path workDirectory(UUID installation) {
        return root.resolve(installation.toString());
    }

    @Override
    public BackupDraft begin(UUID installation, UUID backup, String run) throws IOException {
        Path directory = workDirectory(installation).resolve(backup + "." + run + PARTIAL);
        BackupFiles.createDirectories(directory);
        return new Draft(backup, directory);
    }

    @Override
    public Optional<StoredBackup> find(UUID installation, UUID backup) {
        Path directory = directory(installation, backup);
        return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                ? Optional.of(new Published(backup, directory))
                : Optional.empty();
    }

    @Override
    public List<UUID> list(UUID installation) throws IOException {
        List<UUID> ids = new ArrayList<>();
        for (Path entry : entries(installation)) {
            String name = String.valueOf(entry.getFileName());
            if (ID.matcher(name).matches()) {
                ids.add(UUID.fromString(name));
            } else if (!isLeftover(name)) {
                LOG.warn("{} is no backup, and is left alone", entry);
            }
        }
        return ids.stream().sorted().toList();
    }

    @Override
    public void delete(UUID installation, UUID backup) throws IOException {
        Path pruned = workDirectory(installation).resolve(backup + PRUNED);
        DurableFiles.moveInto(directory(installation, backup), pruned);
        DurableFiles.delete(pruned);
    }

    @Override
    public void discardLeftovers(UUID installation) throws IOException {
        for (Path entry : entries(installation)) {
            String name = String.valueOf(entry.getFileName());
            if (isLeftover(name)) {
                DurableFiles.delete(entry);
            }
        }
    }

    private static boolean isLeftover(String name) {
        return name.endsWith(PARTIAL) || name.endsWith(PRUNED);
    }

    private Path directory(UUID installation, UUID backup) {
        return workDirectory(installation).resolve(backup.toString());
    }

    private List<Path> entries(UUID installation) throws IOException {
        if (!Files.isDirectory(workDirectory(installation))) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(workDirectory(installation))) {
            return entries.toList();
        }
    }

    private static List<String> names(Path directory) throws IOException {
        return BackupFiles.files(directory).stream()
                .map(file -> directory.relativize(file).toString())
                .toList();
    }

    private static InputStream open(Path directory, String name) throws IOException {
        Path file = directory.resolve(name).normalize();
        if (!file.startsWith(directory) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(file.toString());
        }
        return Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
    }

    private record Published(UUID id, Path directory) implements StoredBackup {
        @Override
        public String location() {
            return directory.toString();
        }

        @Override
        public List<String> names() throws IOException {
            return FileBackupStore.names(directory);
        }

        @Override
        public InputStream open(String name) throws IOException {
            return FileBackupStore.open(directory, name);
        }

        @Override
        public void settle() throws IOException {
            DurableFiles.forceDirectory(directory.resolveSibling("."));
        }
    }

    private record Draft(UUID id, Path directory) implements BackupDraft {
        @Override
        public String location() {
            return directory.toString();
        }

        @Override
        public List<String> names() throws IOException {
            return FileBackupStore.names(directory);
        }

        @Override
        public InputStream open(String name) throws IOException {
            return FileBackupStore.open(directory, name);
        }

        @Override
        public void settle() throws IOException {
            BackupFiles.settle(directory);
        }

        @Override
        public void write(String name, byte[] content) throws IOException {
            DurableFiles.write(directory.resolve(name), content, DurableFiles.OWNER_ONLY);
        }

        @Override
        public void publish() throws IOException {
            Path published = directory.resolveSibling(id.toString());
            if (Files.exists(published, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(published + " exists already");
            }
            DurableFiles.moveInto(directory, published);
        }

        @Override
        public void discard() throws IOException {
            DurableFiles.delete(directory);
        }
    }
}
