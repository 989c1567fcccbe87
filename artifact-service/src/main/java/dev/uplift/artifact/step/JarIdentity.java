/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.messaging.OneLine;
import dev.uplift.profile.JarEntries;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.worker.StepFailure;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * What a JAR says it is. It is neither unpacked nor run; an entry is read up to a bound, whatever its header says.
 *
 * @param javaMin the least feature number of a Java that can load the classes that {@code java -jar} begins with: the main
 *     class, an agent beside it, and the class inside that a launcher such as Spring Boot's starts. What a multi-release JAR
 *     has for newer Javas besides is not looked at: an older one does not load it. Empty: they are not in the JAR itself,
 *     but in one of its {@code Class-Path}
 */
record JarIdentity(VersionReading version, OptionalInt javaMin) {
    private static final int ENTRY_BYTES_MAX = 1_000_000;
    private static final int CLASS_MAGIC = 0xCAFEBABE;
    private static final int FORMAT_OF_JAVA_1 = 45;

    /** Throws ARTIFACT_WRONG if {@code jar} is no JAR, or none that could be started, and IOException if the disk fails. */
    static JarIdentity read(Path jar, Profile profile) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return new JarIdentity(profile.jarIdentity(entries(zip)), javaMin(zip));
        } catch (ZipException e) {
            throw StepFailure.refused(ErrorCode.ARTIFACT_WRONG, "the artifact is not a JAR: " + e.getMessage());
        } catch (UnreadableEntryException e) {
            throw StepFailure.refused(ErrorCode.ARTIFACT_WRONG, String.valueOf(e.getMessage()));
        }
    }

    private static OptionalInt javaMin(ZipFile zip) throws IOException {
        Attributes main = manifest(zip).getMainAttributes();
        if (main.getValue(Attributes.Name.MAIN_CLASS) == null) {
            throw new UnreadableEntryException("the artifact names no main class, so that java -jar cannot start it");
        }
        OptionalInt most = OptionalInt.empty();
        for (Optional<String> place : List.of(
                place(main, "", "Main-Class"),
                place(main, "", "Launcher-Agent-Class"),
                place(main, classes(main), "Start-Class"))) {
            OptionalInt java = place.isPresent() ? javaOf(zip, place.get()) : OptionalInt.empty();
            if (java.isPresent() && java.getAsInt() > most.orElse(0)) {
                most = java;
            }
        }
        return most;
    }

    private static Manifest manifest(ZipFile zip) throws IOException {
        Optional<InputStream> content = entries(zip).open(JarFile.MANIFEST_NAME);
        if (content.isEmpty()) {
            return new Manifest();
        }
        try {
            // All of it was read: what fails is its form.
            return new Manifest(content.get());
        } catch (IOException e) {
            throw new UnreadableEntryException("the artifact's manifest cannot be read: " + OneLine.of(e));
        }
    }

    private static Optional<String> place(Attributes main, String directory, String attribute) {
        return Optional.ofNullable(main.getValue(attribute))
                .map(name -> directory + name.strip().replace('.', '/') + ".class");
    }

    /** Where a launcher's own classes are. */
    private static String classes(Attributes main) {
        String named = main.getValue("Spring-Boot-Classes");
        return named == null ? "BOOT-INF/classes/" : named.endsWith("/") ? named : named + "/";
    }

    private static OptionalInt javaOf(ZipFile zip, String place) throws IOException {
        ZipEntry entry = zip.getEntry(place);
        if (entry == null) {
            return OptionalInt.empty();
        }
        try (DataInputStream content = new DataInputStream(zip.getInputStream(entry))) {
            int magic = content.readInt();
            int _ = content.readUnsignedShort();
            int format = content.readUnsignedShort();
            return magic == CLASS_MAGIC && format >= FORMAT_OF_JAVA_1
                    ? OptionalInt.of(format - FORMAT_OF_JAVA_1 + 1)
                    : OptionalInt.empty();
        } catch (EOFException e) {
            return OptionalInt.empty();
        }
    }

    private static JarEntries entries(ZipFile zip) {
        return name -> {
            ZipEntry entry = zip.getEntry(name);
            if (entry == null || entry.isDirectory()) {
                return Optional.empty();
            }
            try (InputStream content = zip.getInputStream(entry)) {
                byte[] bytes = content.readNBytes(ENTRY_BYTES_MAX + 1);
                if (bytes.length > ENTRY_BYTES_MAX) {
                    throw new UnreadableEntryException(
                            "the artifact's " + name + " has more than " + ENTRY_BYTES_MAX + " bytes");
                }
                return Optional.of(new ByteArrayInputStream(bytes));
            }
        };
    }

    private static final class UnreadableEntryException extends IOException {
        private static final long serialVersionUID = 1L;

        UnreadableEntryException(String message) {
            super(message);
        }
    }
}
