/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import dev.uplift.backup.store.BackupFiles;
import dev.uplift.host.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Takes H2 out of an application's JAR: its classes, or the JAR of it that is within. Everything else stays there. */
final class H2Classes {
    private static final String DRIVER = "org/h2/Driver.class";
    private static final Pattern CLASSES = Pattern.compile("(META-INF/versions/[0-9]+/)?org/h2/.*[^/]");
    private static final Pattern NESTED = Pattern.compile("(BOOT-INF|WEB-INF)/lib/h2-[0-9][^/]*\\.jar");
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);
    private static final long BYTES_MAX = 64L << 20;

    private final Path classes;
    private final Path nested;
    private final Set<String> names = new HashSet<>();
    private boolean manyReleases;
    private boolean hasNested;
    private long bytes;

    private H2Classes(Path directory) {
        this.classes = directory.resolve("h2-classes.jar");
        this.nested = directory.resolve("h2.jar");
    }

    /**
     * A JAR in {@code directory}, which is made if needed, with the H2 of an application; empty if it brings none.
     * What the application itself would see first is taken. Equal classes make equal files.
     */
    static Optional<Path> of(ApplicationJar jar, Path directory) throws IOException, InterruptedException {
        BackupFiles.createDirectories(directory);
        return new H2Classes(directory).extract(jar);
    }

    private Optional<Path> extract(ApplicationJar jar) throws IOException, InterruptedException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(classes))) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            jar.read(H2Classes::isWanted, (name, content) -> {
                if (NESTED.matcher(name).matches()) {
                    nested(content);
                } else if (name.equals(JarFile.MANIFEST_NAME)) {
                    String many = new Manifest(content).getMainAttributes().getValue(Attributes.Name.MULTI_RELEASE);
                    manyReleases = Boolean.parseBoolean(many);
                } else if (names.add(name)) {
                    zip.putNextEntry(entry(name));
                    copy(content, zip);
                }
                return true;
            });
            zip.putNextEntry(entry(JarFile.MANIFEST_NAME));
            Manifest manifest = new Manifest();
            manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
            manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, Boolean.toString(manyReleases));
            manifest.write(zip);
        }
        if (names.contains(DRIVER)) {
            return Optional.of(classes);
        }
        return hasNested ? Optional.of(nested) : Optional.empty();
    }

    private static ZipEntry entry(String name) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(NO_TIME);
        return entry;
    }

    private static boolean isWanted(String name) {
        return CLASSES.matcher(name).matches() || NESTED.matcher(name).matches() || name.equals(JarFile.MANIFEST_NAME);
    }

    private void nested(InputStream content) throws IOException {
        if (!hasNested) {
            DurableFiles.copy(content, nested, BYTES_MAX, DurableFiles.OWNER_ONLY, read -> {});
            hasNested = true;
        }
    }

    private void copy(InputStream content, ZipOutputStream zip) throws IOException {
        byte[] buffer = new byte[8192];
        for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
            bytes += read;
            if (bytes > BYTES_MAX) {
                throw new IOException("its H2 has more than " + BYTES_MAX + " bytes");
            }
            zip.write(buffer, 0, read);
        }
    }
}
