/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** {@link Sleeper} as a runnable JAR. */
final class SleeperJar {
    private SleeperJar() {}

    static Path in(Path directory, String name) throws Exception {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Sleeper.class.getName());
        Path jar = directory.resolve(name);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream in = Objects.requireNonNull(Sleeper.class.getResourceAsStream("Sleeper.class"))) {
            out.putNextEntry(new JarEntry(Sleeper.class.getName().replace('.', '/') + ".class"));
            in.transferTo(out);
        }
        return jar;
    }

    /** How the JAR {@code app.jar} of a directory is started there. */
    static Launch launch(Path directory, List<String> arguments, Map<String, String> environment, long uid, long gid) {
        List<String> argv = new ArrayList<>(List.of(java(), "-Xmx32m", "-jar", "app.jar"));
        argv.addAll(arguments);
        return new Launch(
                argv,
                environment,
                uid,
                gid,
                List.of(),
                Long.toString(uid),
                directory.toString(),
                java(),
                directory.resolve("app.log").toString(),
                Map.of(),
                null,
                null);
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
