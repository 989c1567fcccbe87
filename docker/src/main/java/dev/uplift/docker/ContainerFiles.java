/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import dev.uplift.host.JarReading;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Files in containers, running or not: nothing is run in them to get there. */
public final class ContainerFiles {
    private static final int LINKS_MAX = 8;

    private final EngineClient client;

    ContainerFiles(EngineClient client) {
        this.client = client;
    }

    /**
     * Reads one regular file; links are followed within the container.
     *
     * @param path absolute
     * @return empty if there is no such file
     * @throws DockerException if it is not a regular file
     */
    public <T> Optional<T> file(String containerId, String path, ContentReader<T> reader)
            throws IOException, InterruptedException {
        String place = path;
        for (int links = 0; links < LINKS_MAX; links++) {
            String asked = place;
            Found<T> found;
            try {
                found = archive(containerId, asked, body -> first(asked, body, reader));
            } catch (DockerRefusedException e) {
                if (e.notFound()) {
                    return Optional.empty();
                }
                throw e;
            }
            if (found.link().isEmpty()) {
                return found.content();
            }
            place = resolve(asked, found.link());
        }
        throw new DockerException(path + " in container " + containerId + " leads through too many links");
    }

    /**
     * Reads some entries of a JAR in a container, as a stream: the rest of it is not kept.
     *
     * @param bytesMax of one entry
     * @return the entries that are there, by their names; empty if there is no such JAR
     */
    public Optional<Map<String, byte[]>> jarEntries(String containerId, String jar, Set<String> names, int bytesMax)
            throws IOException, InterruptedException {
        Map<String, byte[]> entries = new HashMap<>();
        Set<String> missing = new HashSet<>(names);
        boolean found = readJar(containerId, jar, missing::contains, (name, content) -> {
            byte[] bytes = content.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw new DockerException(name + " in " + jar + " is larger than " + bytesMax + " bytes");
            }
            entries.put(name, bytes);
            missing.remove(name);
            return !missing.isEmpty();
        });
        return found ? Optional.of(entries) : Optional.empty();
    }

    /**
     * Reads the entries of a JAR in a container whose names are wanted, in their order in the JAR, as a stream.
     *
     * @return whether there is such a JAR
     */
    public boolean readJar(String containerId, String jar, Predicate<String> wanted, JarReading reading)
            throws IOException, InterruptedException {
        return file(containerId, jar, content -> {
                    try (ZipInputStream zip = new ZipInputStream(content)) {
                        boolean more = true;
                        for (ZipEntry entry = zip.getNextEntry(); more && entry != null; entry = zip.getNextEntry()) {
                            more = !wanted.test(entry.getName()) || reading.entry(entry.getName(), zip);
                        }
                    }
                    return true;
                })
                .orElse(false);
    }

    /**
     * Reads a file, or a directory with all that is below it, as a tar archive whose names begin with the last
     * part of the path.
     *
     * @return empty if there is nothing at that path
     */
    public <T> Optional<T> tar(String containerId, String path, ContentReader<T> reader)
            throws IOException, InterruptedException {
        try {
            return Optional.of(archive(containerId, path, reader));
        } catch (DockerRefusedException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Unpacks a tar archive in a directory that exists. What is there under the same names is replaced, but never
     * a directory by a file or the other way round; owners are those of the archive.
     */
    public void untar(String containerId, String directory, InputStream tar) throws IOException, InterruptedException {
        client.ask(docker -> docker.copyArchiveToContainerCmd(EngineRequest.id(containerId))
                .withRemotePath(directory)
                .withNoOverwriteDirNonDir(true)
                .withCopyUIDGID(true)
                .withTarInputStream(tar)
                .exec());
    }

    /** Puts a small file into a directory that exists, as a certain user's. */
    public void put(String containerId, String directory, String name, byte[] content, int mode, int uid, int gid)
            throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            TarArchiveEntry entry = new TarArchiveEntry(name);
            entry.setSize(content.length);
            entry.setMode(mode);
            entry.setIds(uid, gid);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
        }
        untar(containerId, directory, new ByteArrayInputStream(bytes.toByteArray()));
    }

    private record Found<T>(Optional<T> content, String link) {}

    private static <T> Found<T> first(String path, InputStream body, ContentReader<T> reader)
            throws IOException, InterruptedException {
        TarArchiveInputStream tar = new TarArchiveInputStream(body);
        TarArchiveEntry entry = tar.getNextEntry();
        if (entry == null) {
            throw new DockerException("the engine answers an empty archive for " + path);
        }
        if (entry.isSymbolicLink()) {
            return new Found<>(Optional.empty(), entry.getLinkName());
        }
        if (!entry.isFile()) {
            throw new DockerException(path + " in the container is not a file");
        }
        return new Found<>(Optional.of(reader.read(tar)), "");
    }

    private <T> T archive(String containerId, String path, ContentReader<T> reader)
            throws IOException, InterruptedException {
        return client.stream(docker -> {
            try (InputStream tar = docker.copyArchiveFromContainerCmd(EngineRequest.id(containerId), path)
                    .exec()) {
                return reader.read(tar);
            }
        });
    }

    private static String resolve(String link, String target) {
        return target.startsWith("/") ? target : link.substring(0, link.lastIndexOf('/') + 1) + target;
    }
}
