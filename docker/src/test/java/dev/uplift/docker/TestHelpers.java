/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import dev.uplift.host.LocalHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Credential helpers: shell scripts in a directory. */
record TestHelpers(Path directory) {
    void script(String name, String script) throws IOException {
        Files.createDirectories(directory);
        Path file = Files.writeString(directory.resolve("docker-credential-" + name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    /** Logins that are asked of these helpers. */
    RegistryLogins logins(Path configJson) {
        return RegistryLogins.none(new HostWithPath(new LocalHost(), directory + ":/usr/bin:/bin"))
                .withDockerConfig(configJson);
    }
}
