/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Makes releases of the stand-in out of {@code standin.jar}: the same classes with another {@code
 * version.properties}. Equal base and tag give equal bytes, so a release may be stamped again anywhere
 * and keeps its SHA-256.
 */
public final class StandInReleases {
    private static final Pattern TAG = Pattern.compile("v[01]\\.\\d+(\\.\\d+){1,2}(-\\w+)?");
    private static final FileTime STAMP_TIME = FileTime.from(Instant.parse("2024-01-01T00:00:00Z"));

    private StandInReleases() {}

    /** One stamped JAR. {@code sha256} is lower-case hex. */
    public record StandInRelease(String tag, Path jar, String sha256) {}

    /**
     * {@code standin.jar} of this build: {@code standin/target/standin.jar} in the working directory or one above it.
     *
     * @throws IllegalStateException if there is none
     */
    public static Path baseJar() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path jar = folder.resolve("standin/target/standin.jar");
            if (Files.isRegularFile(jar)) {
                return jar;
            }
        }
        throw new IllegalStateException(
                "standin/target/standin.jar is not built: run ./mvnw -pl standin -am package -DskipTests");
    }

    /** {@link #stamp(Path, Path, String)} from {@link #baseJar()}. */
    public static StandInRelease stamp(Path directory, String tag) {
        return stamp(baseJar(), directory, tag);
    }

    /**
     * Writes {@code <directory>/<tag>/metabase.jar}, replacing what is there in one step. Tags that begin
     * with {@code v1.} are of the paid edition.
     */
    public static StandInRelease stamp(Path baseJar, Path directory, String tag) {
        if (!TAG.matcher(tag).matches()) {
            throw new IllegalArgumentException("not a version tag: " + tag);
        }
        Path jar = directory.resolve(tag).resolve("metabase.jar");
        try {
            Files.createDirectories(jar.getParent());
            Path temporary = Files.createTempFile(jar.getParent(), ".stamp", ".jar");
            Files.copy(baseJar, temporary, StandardCopyOption.REPLACE_EXISTING);
            try (FileSystem zip = FileSystems.newFileSystem(temporary, Map.of())) {
                Path properties = zip.getPath("version.properties");
                Files.writeString(properties, versionProperties(tag));
                Files.setLastModifiedTime(properties, STAMP_TIME);
            }
            Files.move(temporary, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return new StandInRelease(tag, jar, sha256(jar));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stamp " + tag, e);
        }
    }

    private static String versionProperties(String tag) {
        String hash = Integer.toHexString(tag.hashCode() | 0x10000000).substring(0, 7);
        return "tag=" + tag + "\ndate=2024-01-01\nhash=" + hash + "\n";
    }

    /** Lower-case hex. */
    public static String sha256(Path file) throws IOException {
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), newSha256())) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of()
                    .formatHex(((DigestInputStream) in).getMessageDigest().digest());
        }
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
