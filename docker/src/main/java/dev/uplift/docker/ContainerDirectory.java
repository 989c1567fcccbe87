/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import dev.uplift.host.Exec;
import dev.uplift.host.Host;
import dev.uplift.host.UnexpectedPathException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Where Uplift keeps on an engine's host what it remembers of a container, and the container's fence: for local
 * engines below the directory for data, for others below {@code /var/lib/uplift}, or {@code .uplift} in the home of
 * whoever logs in there if that is not root.
 */
public final class ContainerDirectory {
    private static final Path OF_ROOT = Path.of("/var/lib/uplift");
    private static final Path USERS = Path.of("/etc/passwd");
    private static final int USERS_BYTES_MAX = 10_000_000;
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

    private ContainerDirectory() {}

    /**
     * The directory; it need not exist.
     *
     * @param host of the engine; this machine if nothing else of the engine's is reached
     * @param engine the host's registered name
     * @param home the directory for data on this machine
     */
    public static Path of(Host host, String engine, Path home, String container) throws IOException {
        Path below = host.name().equals("local")
                ? host.files()
                        .realPath(home.toAbsolutePath())
                        .resolve("containers")
                        .resolve(engine)
                : remote(host).resolve("containers");
        return below.resolve(container);
    }

    /** Makes sure that it exists, readable by its owner only. */
    public static void create(Host host, Path directory) throws IOException, InterruptedException {
        if (host.files().isDirectory(directory)) {
            return;
        }
        Exec.Result made = host.run(Exec.of(ANSWER_MAX, "mkdir", "-p", "-m", "0700", "--", directory.toString()));
        if (!made.succeeded()) {
            throw new UnexpectedPathException(directory + " cannot be made: "
                    + made.errors().replaceAll("\\p{Cntrl}", " ").strip());
        }
    }

    private static Path remote(Host host) throws IOException {
        long uid = host.uid();
        if (uid == 0) {
            return OF_ROOT;
        }
        String home = new String(host.files().read(USERS, USERS_BYTES_MAX), StandardCharsets.UTF_8)
                .lines()
                .map(line -> List.of(line.split(":", -1)))
                .filter(fields -> fields.size() > 5 && fields.get(2).equals(Long.toString(uid)))
                .map(fields -> fields.get(5))
                .findFirst()
                .orElseThrow(() -> new UnexpectedPathException(
                        "user " + uid + " of host " + host.name() + " has no home directory; log in as one who has"));
        return host.files().realPath(Path.of(home)).resolve(".uplift");
    }
}
