/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
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

/** {@link Idle} as a runnable JAR, and its processes. */
public final class IdleJar {
    private IdleJar() {}

    /** A JAR that says it is this version; absent text: it says nothing. */
    public static Path write(Path jar, String version) throws IOException {
        return write(jar, version, new Manifest());
    }

    /** The same with this manifest. */
    public static Path write(Path jar, String version, Manifest manifest) throws IOException {
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Idle.class.getName());
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream in = Objects.requireNonNull(Idle.class.getResourceAsStream("Idle.class"))) {
            out.putNextEntry(new JarEntry(Idle.class.getName().replace('.', '/') + ".class"));
            in.transferTo(out);
            if (!version.isEmpty()) {
                out.putNextEntry(new JarEntry("version.properties"));
                out.write(("tag=" + version + "\n").getBytes(StandardCharsets.ISO_8859_1));
            }
        }
        return jar;
    }

    /** Runs {@code words} in a directory with exactly this environment. */
    public static Process run(Path directory, Map<String, String> environment, String... words) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** The command line of an idle JAR. */
    public static String[] java(String jar) {
        List<String> words = new ArrayList<>(List.of(Rig.java().toString(), "-Xshare:auto", "-XX:TieredStopAtLevel=1"));
        words.addAll(List.of("-jar", jar));
        return words.toArray(String[]::new);
    }
}
