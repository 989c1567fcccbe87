/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.fasterxml.jackson.core.JsonPointer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * Where a release is fetched from, and how a JAR says what it is.
 *
 * @param locations edition to URL with {@code {version}} in it; the key {@value #ANY_EDITION} serves an
 *     application without editions; empty: a request must bring its URL
 * @param identity where the version stands within the JAR, asked in this order
 */
public record ArtifactRules(Map<String, String> locations, List<JarVersion> identity) {
    static final String ANY_EDITION = "*";
    static final String VERSION = "{version}";
    private static final int ENTRY_BYTES_MAX = 1_000_000;

    /** A place within a JAR that names the version. */
    public sealed interface JarVersion {

        /** A key of a properties file. */
        record Property(String entry, String key) implements JarVersion {}

        /** A place in a JSON document. */
        record Json(String entry, JsonPointer pointer) implements JarVersion {}

        /** A main attribute of the manifest. */
        record ManifestAttribute(String name) implements JarVersion {}
    }

    public ArtifactRules {
        locations = Map.copyOf(locations);
        identity = List.copyOf(identity);
    }

    Optional<URI> location(@Nullable String edition, String version) {
        return Optional.ofNullable(locations.get(edition == null ? ANY_EDITION : edition))
                .map(template -> URI.create(template.replace(VERSION, version)));
    }

    VersionReading read(JarEntries jar, VersionRules versions) throws IOException {
        for (JarVersion place : identity) {
            Optional<String> version = switch (place) {
                case JarVersion.Property(String entry, String key) -> property(jar, entry, key);
                case JarVersion.Json(String entry, JsonPointer pointer) -> json(jar, entry, pointer);
                case JarVersion.ManifestAttribute(String name) -> manifestAttribute(jar, name);
            };
            if (version.isPresent()) {
                return versions.read(version.get());
            }
        }
        return new VersionReading.Unreadable("the JAR does not say its version, asked were " + identity);
    }

    private static Optional<String> property(JarEntries jar, String entry, String key) throws IOException {
        Optional<InputStream> content = jar.open(entry);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try (InputStream stream = content.get()) {
            Properties properties = new Properties();
            properties.load(new ByteArrayInputStream(stream.readNBytes(ENTRY_BYTES_MAX)));
            return Optional.ofNullable(properties.getProperty(key));
        } catch (IllegalArgumentException e) {
            throw new IOException(entry + " is not a properties file", e);
        }
    }

    private static Optional<String> json(JarEntries jar, String entry, JsonPointer pointer) throws IOException {
        Optional<InputStream> content = jar.open(entry);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try (InputStream stream = content.get()) {
            return Body.textAt(new String(stream.readNBytes(ENTRY_BYTES_MAX), StandardCharsets.UTF_8), pointer);
        }
    }

    private static Optional<String> manifestAttribute(JarEntries jar, String name) throws IOException {
        Optional<InputStream> content = jar.open("META-INF/MANIFEST.MF");
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try (InputStream stream = content.get()) {
            return Optional.ofNullable(new Manifest(new ByteArrayInputStream(stream.readNBytes(ENTRY_BYTES_MAX)))
                    .getMainAttributes()
                    .getValue(name));
        }
    }
}
