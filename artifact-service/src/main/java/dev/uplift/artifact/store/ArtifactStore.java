package dev.uplift.artifact.store;

import dev.uplift.host.DurableFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;

/**
 * Files by the hash of their content: {@code <home>/artifacts/sha256/<first two digits>/<sha256>}. A file
 * that has its name there is complete and on the disk; whether it still has its hash is known by reading
 * it only.
 */
public final class ArtifactStore {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final Path root;
    private final Path partial;

    /** Makes the directories below {@code home}, which is made too. */
    public ArtifactStore(Path home) throws IOException {
        Path artifacts = home.resolve("artifacts");
        Files.createDirectories(artifacts);
        this.root = artifacts.resolve("sha256");
        this.partial = artifacts.resolve("partial");
        DurableFiles.createDirectory(root, DurableFiles.READABLE_DIRECTORY);
        DurableFiles.createDirectory(partial, DurableFiles.OWNER_ONLY_DIRECTORY);
    }

    /** Where files are that are not complete; on the same file system. */
    public Path partialDirectory() {
        return partial;
    }

    /** The file with this name; empty if there is none, or {@code sha256} is not 64 lower-case hexadecimal digits. */
    public Optional<Path> find(String sha256) {
        if (!SHA256.matcher(sha256).matches()) {
            return Optional.empty();
        }
        return Optional.of(place(sha256)).filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
    }

    /** Whether the file's content still has its hash. Reads all of it. */
    public boolean isIntact(Path file, LongConsumer read) throws IOException {
        return ContentHash.of(file, read).equals(file.getFileName().toString());
    }

    /** Takes {@code file} into the store in one step; its content, which is on the disk, has this hash. */
    public Path adopt(Path file, String sha256) throws IOException {
        Path place = place(sha256);
        DurableFiles.createDirectory(place.resolveSibling(".").normalize(), DurableFiles.READABLE_DIRECTORY);
        Files.setPosixFilePermissions(file, DurableFiles.READABLE);
        DurableFiles.force(file);
        DurableFiles.moveInto(file, place);
        return place;
    }

    /** Takes a file out of the store. */
    public void evict(Path file) throws IOException {
        DurableFiles.delete(file);
    }

    /**
     * Deletes what is left of transfers that nobody took up again.
     *
     * @param before the last change of a file that may go
     */
    public void forgetPartial(Instant before) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(partial)) {
            for (Path file : files) {
                // A lock that another process waits for must keep its file.
                boolean lock = file.toString().endsWith(".lock");
                if (!lock && Files.getLastModifiedTime(file).toInstant().isBefore(before)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Bytes that the store's disk has room for. */
    public long usableBytes() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    private Path place(String sha256) {
        return root.resolve(sha256.substring(0, 2)).resolve(sha256);
    }
}
