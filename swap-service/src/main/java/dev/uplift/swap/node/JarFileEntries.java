package dev.uplift.swap.node;

import dev.uplift.profile.JarEntries;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The entries of a JAR on this host. Nothing is unpacked. */
public final class JarFileEntries implements JarEntries, AutoCloseable {
    private final ZipFile file;

    /** Fails with {@link IOException} if it cannot be read or is no JAR. */
    public JarFileEntries(Path jar) throws IOException {
        file = new ZipFile(jar.toFile());
    }

    @Override
    public Optional<InputStream> open(String name) throws IOException {
        ZipEntry entry = file.getEntry(name);
        return entry == null ? Optional.empty() : Optional.of(file.getInputStream(entry));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
