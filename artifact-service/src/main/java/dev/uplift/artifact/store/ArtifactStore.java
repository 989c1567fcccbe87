/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import dev.uplift.host.DurableFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files by the hash of their content: {@code <home>/artifacts/sha256/<first two digits>/<sha256>}. A file
 * that has its name there is complete and on the disk; whether it still has its hash is known by reading
 * it only. Its time of modification is that of its last use. Several processes may share the directory.
 */
public final class ArtifactStore {
    private static final String FORGOTTEN = ".forgotten";

    /** How long a transfer that failed can be continued. */
    private static final Duration PARTIAL_KEPT = Duration.ofDays(7);

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final Path root;
    private final Path partial;
    private final Clock clock;

    /** Makes the directories below {@code home}, which is made too. */
    public ArtifactStore(Path home, Clock clock) throws IOException {
        this.clock = clock;
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

    /**
     * As {@link #find}, and keeps the file for at least {@link Retention#minAge} from now on.
     *
     * @throws IOException if that it is used cannot be written down
     */
    public Optional<Path> use(String sha256) throws IOException {
        Optional<Path> file = find(sha256);
        if (file.isEmpty()) {
            return file;
        }
        try {
            Files.setLastModifiedTime(file.get(), FileTime.from(clock.instant()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        // The time is set on an open file, which may have been renamed and looked at meanwhile: see forget.
        return find(sha256);
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
        return DurableFiles.digest(file, read).sha256().equals(String.valueOf(file.getFileName()));
    }

    /** Takes {@code file} into the store in one step; its content, which is on the disk, has this hash. */
    public Path adopt(Path file, String sha256) throws IOException {
        Path place = place(sha256);
        DurableFiles.createDirectory(place.resolveSibling(".").normalize(), DurableFiles.READABLE_DIRECTORY);
        Files.setPosixFilePermissions(file, DurableFiles.READABLE);
        Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
        DurableFiles.force(file);
        DurableFiles.moveInto(file, place);
        return place;
    }

    /** Takes a file out of the store. */
    public void evict(Path file) throws IOException {
        DurableFiles.delete(file);
    }

    /**
     * Takes away what {@code retention} does not keep, least recently used first, and what is left of
     * transfers that nobody took up again for a week. Killed at any point it leaves nothing that counts as
     * an artifact and is none.
     *
     * @return how many artifacts it took away
     */
    public int forgetUnused(Retention retention) throws IOException {
        Instant now = clock.instant();
        forgetPartial(now.minus(PARTIAL_KEPT));
        List<Kept> leastRecentFirst = kept();
        leastRecentFirst.sort(Comparator.comparing(Kept::usedAt));
        long bytes = leastRecentFirst.stream().mapToLong(Kept::sizeBytes).sum();
        Instant youngest = now.minus(retention.minAge());
        int forgotten = 0;
        for (Kept oldest : leastRecentFirst) {
            if (bytes <= retention.bytesMax() || !oldest.usedAt().isBefore(youngest)) {
                break;
            }
            if (forget(oldest.file(), youngest)) {
                forgotten++;
            }
            // One that was given back is still there.
            bytes -= Files.exists(oldest.file()) ? 0 : oldest.sizeBytes();
        }
        return forgotten;
    }

    /**
     * An artifact is renamed before it is deleted: who marks it as used does so either before that, which is
     * seen here, and it gets its name back, or finds none.
     */
    private boolean forget(Path file, Instant youngest) throws IOException {
        Path forgotten = partial.resolve(file.getFileName() + FORGOTTEN);
        try {
            DurableFiles.moveInto(file, forgotten);
        } catch (NoSuchFileException e) {
            return false;
        }
        if (!Files.getLastModifiedTime(forgotten).toInstant().isBefore(youngest)) {
            DurableFiles.moveInto(forgotten, file);
            return false;
        }
        Files.deleteIfExists(forgotten);
        return true;
    }

    private List<Kept> kept() throws IOException {
        List<Kept> kept = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root, 2)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (SHA256.matcher(String.valueOf(file.getFileName())).matches()) {
                    try {
                        BasicFileAttributes attributes =
                                Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                        if (attributes.isRegularFile()) {
                            kept.add(new Kept(
                                    file,
                                    attributes.size(),
                                    attributes.lastModifiedTime().toInstant()));
                        }
                    } catch (NoSuchFileException e) {
                        // Another process forgot it meanwhile.
                    }
                }
            }
        }
        return kept;
    }

    private record Kept(Path file, long sizeBytes, Instant usedAt) {}

    private void forgetPartial(Instant before) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(partial)) {
            for (Path file : files) {
                try {
                    if (Files.getLastModifiedTime(file).toInstant().isBefore(before)) {
                        Files.deleteIfExists(file);
                    }
                } catch (NoSuchFileException e) {
                    // Another process deleted it meanwhile.
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
