/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** The entries of a JAR on a host. Nothing is unpacked, and only what is asked for is read. */
public final class HostJar implements AutoCloseable {
    private final ZipFile file;

    /** Fails with {@link IOException} if it cannot be read or is no JAR. */
    public HostJar(Host host, Path jar) throws IOException {
        SeekableByteChannel channel = host.files().open(jar);
        try {
            file = ZipFile.builder()
                    .setSeekableByteChannel(channel)
                    .setIgnoreLocalFileHeader(true)
                    .get();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** One entry; empty if there is none of this name. */
    public Optional<InputStream> open(String name) throws IOException {
        ZipArchiveEntry entry = file.getEntry(name);
        return entry == null ? Optional.empty() : Optional.of(file.getInputStream(entry));
    }

    /** Reads the entries whose names are wanted, in their order in the JAR. */
    public void read(Predicate<String> wanted, JarReading reading) throws IOException {
        for (ZipArchiveEntry entry : Collections.list(file.getEntriesInPhysicalOrder())) {
            if (wanted.test(entry.getName())) {
                try (InputStream content = file.getInputStream(entry)) {
                    if (!reading.entry(entry.getName(), content)) {
                        return;
                    }
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
