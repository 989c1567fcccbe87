package dev.uplift.host;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;

/**
 * Resolves references to secrets, on the host that keeps them.
 *
 * <ul>
 *   <li>{@code file:/absolute/path#/json/pointer}: a text in a JSON file that nobody but its owner can read
 *   <li>{@code env:NAME}: a variable of this process
 * </ul>
 */
public final class Secrets {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FILE = "file:";
    private static final String ENV = "env:";

    private Secrets() {}

    /**
     * The secret behind {@code reference}.
     *
     * @throws SecretUnavailableException if there is none, the reference has another form, or others than
     *     the file's owner may read it
     */
    public static Secret resolve(String reference) throws SecretUnavailableException {
        return resolve(reference, System.getenv());
    }

    static Secret resolve(String reference, Map<String, String> environment) throws SecretUnavailableException {
        if (reference.startsWith(ENV)) {
            String value = environment.get(reference.substring(ENV.length()));
            if (value == null) {
                throw new SecretUnavailableException(reference + " is not set");
            }
            return new Secret(value);
        }
        int hash = reference.indexOf('#');
        if (reference.startsWith(FILE) && hash > 0) {
            return fromFile(reference, reference.substring(FILE.length(), hash), reference.substring(hash + 1));
        }
        throw new SecretUnavailableException("a secret is file:/path#/json/pointer or env:NAME");
    }

    private static Secret fromFile(String reference, String file, String pointer) throws SecretUnavailableException {
        try {
            Path path = Path.of(file);
            PosixFileAttributes attributes =
                    Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!path.isAbsolute() || !path.normalize().equals(path) || !attributes.isRegularFile()) {
                throw new SecretUnavailableException(reference + " does not name a regular file");
            }
            if (attributes.permissions().contains(PosixFilePermission.GROUP_READ)
                    || attributes.permissions().contains(PosixFilePermission.OTHERS_READ)) {
                throw new SecretUnavailableException(file + " can be read by others than its owner");
            }
            JsonNode value = JSON.readTree(Files.readAllBytes(path)).at(JsonPointer.compile(pointer));
            if (!value.isTextual()) {
                throw new SecretUnavailableException(reference + " names no text");
            }
            return new Secret(value.textValue());
        } catch (SecretUnavailableException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new SecretUnavailableException(
                    reference + " cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }
}
