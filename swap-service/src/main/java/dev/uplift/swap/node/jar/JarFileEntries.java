package dev.uplift.swap.node.jar;

import dev.uplift.host.Host;
import dev.uplift.host.HostJar;
import dev.uplift.profile.JarEntries;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/** A JAR on a host, as profiles look into it. */
public record JarFileEntries(HostJar jar) implements JarEntries, AutoCloseable {

    /** Fails with {@link IOException} if it cannot be read or is no JAR. */
    public JarFileEntries(Host host, Path jar) throws IOException {
        this(new HostJar(host, jar));
    }

    @Override
    public Optional<InputStream> open(String name) throws IOException {
        return jar.open(name);
    }

    @Override
    public void close() throws IOException {
        jar.close();
    }
}
