/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;

/** The one directory that everything lives in. Only its owner may enter it. */
record Home(Path root) {
    private static final String SECRET = "secret";
    private static final String UNFINISHED = ".tmp";

    static Home create(Path root) throws IOException {
        Path absolute = root.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            Files.createDirectories(
                    absolute, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Home home = new Home(absolute);
        for (Path directory : new Path[] {home.logs(), home.run(), home.root.resolve("profiles")}) {
            Files.createDirectories(directory);
        }
        return home;
    }

    /**
     * Deletes what a kill in {@link #writeSecret} left behind, passwords included. To be called by the one process that
     * works in this directory.
     */
    void deleteUnfinished() throws IOException {
        for (Path directory : List.of(root, run(), kafka())) {
            if (Files.isDirectory(directory)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, SECRET + "*" + UNFINISHED)) {
                    for (Path file : files) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    /**
     * Writes a file that only its owner can read, whole or not at all, also if the power fails.
     *
     * @throws IOException if it cannot be written; what was there before is there still, or the new text is
     */
    static void writeSecret(Path file, String text) throws IOException {
        Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent(), "it is no file");
        Path temporary = Files.createTempFile(
                directory,
                SECRET,
                UNFINISHED,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(temporary, text);
            force(temporary, StandardOpenOption.WRITE);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            force(directory, StandardOpenOption.READ);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Returns once the disk has it. */
    private static void force(Path path, StandardOpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(path, how)) {
            channel.force(true);
        }
    }

    Path logs() {
        return root.resolve("logs");
    }

    Path run() {
        return root.resolve("run");
    }

    Path kafka() {
        return root.resolve("kafka");
    }

    Path postgres() {
        return root.resolve("postgres");
    }

    /** How an operator's client reaches Kafka: the properties of Kafka's own clients and tools. */
    Path kafkaClient() {
        return root.resolve("kafka-client.properties");
    }

    Path status() {
        return run().resolve("standalone.json");
    }

    Path pid(String process) {
        return run().resolve(process + ".pid");
    }

    Path log(String process) {
        return logs().resolve(process + ".log");
    }
}
