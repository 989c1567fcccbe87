/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;

/**
 * Resolves references to secrets.
 *
 * <ul>
 *   <li>{@code file:/absolute/path#/json/pointer}: a text in a JSON file, on the host that keeps it, that nobody
 *       but its owner can read
 *   <li>{@code env:NAME}: a variable of this process
 * </ul>
 */
public final class Secrets {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FILE = "file:";
    private static final String ENV = "env:";
    private static final int BYTES_MAX = 4_000_000;

    private Secrets() {}

    /**
     * The secret behind {@code reference}.
     *
     * @param host has the files
     * @throws SecretUnavailableException if there is none, the reference has another form, or others than
     *     the file's owner may read it
     */
    public static Secret resolve(Host host, String reference) throws IOException {
        return resolve(host, reference, System.getenv());
    }

    static Secret resolve(Host host, String reference, Map<String, String> environment) throws IOException {
        if (reference.startsWith(ENV)) {
            String value = environment.get(reference.substring(ENV.length()));
            if (value == null) {
                throw new SecretUnavailableException(reference + " is not set");
            }
            return new Secret(value);
        }
        int hash = reference.indexOf('#');
        if (!reference.startsWith(FILE) || hash < 0) {
            throw new SecretUnavailableException("a secret is file:/path#/json/pointer or env:NAME");
        }
        String text = text(host, reference, reference.substring(FILE.length(), hash));
        try {
            JsonNode value = JSON.readTree(text).at(JsonPointer.compile(reference.substring(hash + 1)));
            if (!value.isTextual()) {
                throw new SecretUnavailableException(reference + " names no text");
            }
            return new Secret(value.textValue());
        } catch (JacksonException | IllegalArgumentException e) {
            throw unreadable(reference, e);
        }
    }

    /**
     * A key: the whole text of the file behind {@code file:/absolute/path}. Only for what is used as a key
     * on this side: a password that is sent to a server is no file of anybody's choice.
     *
     * @throws SecretUnavailableException if there is none, or others than the file's owner may read it
     */
    public static Secret key(Host host, String reference) throws IOException {
        if (!reference.startsWith(FILE) || reference.indexOf('#') >= 0) {
            throw new SecretUnavailableException("a key is file:/path");
        }
        return new Secret(text(host, reference, reference.substring(FILE.length())));
    }

    private static String text(Host host, String reference, String file) throws IOException {
        try {
            Path path = Path.of(file);
            FileStatus status = host.files().status(path).orElseThrow(() -> new NoSuchFileException(file));
            if (!path.isAbsolute() || !path.normalize().equals(path) || status.kind() != FileStatus.Kind.FILE) {
                throw new SecretUnavailableException(reference + " does not name a regular file");
            }
            if (status.mode().contains(PosixFilePermission.GROUP_READ)
                    || status.mode().contains(PosixFilePermission.OTHERS_READ)) {
                throw new SecretUnavailableException(file + " can be read by others than its owner");
            }
            return new String(host.files().read(path, BYTES_MAX), StandardCharsets.UTF_8);
        } catch (FileSystemException | InvalidPathException e) {
            throw unreadable(reference, e);
        }
    }

    private static SecretUnavailableException unreadable(String reference, Exception e) {
        return new SecretUnavailableException(
                reference + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
}
