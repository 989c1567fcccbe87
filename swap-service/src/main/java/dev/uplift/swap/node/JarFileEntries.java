package dev.uplift.swap.node;

import dev.uplift.host.Host;
import dev.uplift.profile.JarEntries;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** The entries of a JAR on a host. Nothing is unpacked, and only what is asked for is read. */
public final class JarFileEntries implements JarEntries, AutoCloseable {
    private final ZipFile file;

    /** Fails with {@link IOException} if it cannot be read or is no JAR. */
    public JarFileEntries(Host host, Path jar) throws IOException {
        SeekableByteChannel channel = host.files().open(jar);
        try {
            file = ZipFile.builder().setSeekableByteChannel(channel).get();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public Optional<InputStream> open(String name) throws IOException {
        ZipArchiveEntry entry = file.getEntry(name);
        return entry == null ? Optional.empty() : Optional.of(file.getInputStream(entry));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
