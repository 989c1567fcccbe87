/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Refuses bad values at the edge, naming the field. */
final class Checks {
    private static final Pattern UNIT = Pattern.compile("[A-Za-z0-9:_.@][A-Za-z0-9:_.@-]{0,199}\\.service");
    private static final Pattern CONTAINER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,254}");
    private static final Pattern SECRET_PARAMETER = Pattern.compile(
            "(?i)(?:^|[&;])(?:[^=&;]*" + SecretNames.PATTERN + "[^=&;]*|(?:[^=&;]*[-_.])?(?:key|sig|auth))=");
    private static final Pattern REPOSITORY = Pattern.compile(
            "(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\\d{1,5})?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*){0,8}");
    private static final Pattern HOST_NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,62}");
    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9a-fA-F:]{2,39}");
    private static final Pattern LOGIN = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");
    private static final Pattern HOST_KEY =
            Pattern.compile("SHA256:[A-Za-z0-9+/]{43}|[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{16,4000}={0,2}");
    private static final Pattern REFERENCE =
            Pattern.compile("file:/[^\\p{Cntrl}]{1,1000}|env:[A-Za-z_][A-Za-z0-9_]{0,127}");
    private static final int TEXT_LENGTH_MAX = 4096;
    private static final int SHA256_LENGTH = 64;

    private Checks() {}

    static String text(@Nullable String value, String field) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(field + " is missing");
        }
        return line(value, field);
    }

    /** As {@link #text}, but may be absent. */
    static void optionalText(@Nullable String value, String field) {
        if (value != null) {
            text(value, field);
        }
    }

    /** One line of bounded length without control characters, so that it can be logged and shown as it is. */
    private static String line(String value, String field) {
        if (value.length() > TEXT_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    field + " has " + value.length() + " characters, at most " + TEXT_LENGTH_MAX + " are taken");
        }
        if (!PlainText.is(value)) {
            throw new IllegalArgumentException(field + " contains a control character");
        }
        return value;
    }

    /** An unmodifiable copy; names the first absent element. */
    static <T> List<T> list(@Nullable List<? extends @Nullable T> values, String field) {
        List<T> copy = new ArrayList<>();
        for (T value : present(values, field)) {
            copy.add(present(value, field + "[" + copy.size() + "]"));
        }
        return List.copyOf(copy);
    }

    static <T> T present(@Nullable T value, String field) {
        if (value == null) {
            throw new IllegalArgumentException(field + " is missing");
        }
        return value;
    }

    static long atLeast(long minimum, long value, String field) {
        if (value < minimum) {
            throw new IllegalArgumentException(field + " is " + value + ", at least " + minimum + " is needed");
        }
        return value;
    }

    static void unit(@Nullable String value, String field) {
        matching(UNIT, value, field, "the full name of a service unit, such as metabase.service");
    }

    static void container(@Nullable String value, String field) {
        matching(CONTAINER, value, field, "a container's name: A-Z, a-z, 0-9, '_', '.' and '-'");
    }

    /** A repository as people write it: without what goes without saying. */
    static String repository(@Nullable String value, String field) {
        matching(REPOSITORY, value, field, "a repository without tag or digest, such as metabase/metabase");
        String path = String.valueOf(value).replaceFirst("^(?:index\\.)?docker\\.io/", "");
        return path.replaceFirst("^library/(?=[^/]+$)", "");
    }

    /** Digests by repository, each repository as {@link #repository} has it; unmodifiable, in order. */
    static Map<String, String> images(Map<String, String> values, String field) {
        SortedMap<String, String> images = new TreeMap<>();
        values.forEach((image, digest) -> {
            String known = images.put(repository(image, field), sha256(present(digest, field), field));
            if (known != null) {
                throw new IllegalArgumentException(field + " has one repository twice");
            }
        });
        return Collections.unmodifiableSortedMap(images);
    }

    static void hostName(@Nullable String value, String field) {
        matching(HOST_NAME, value, field, "a host's name: 1 to 63 of a-z, 0-9, '.' and '-'");
        if (NodeSpec.LOCAL.equals(value)) {
            throw new IllegalArgumentException(field + " is local, which is the host of the workers themselves");
        }
    }

    static void address(@Nullable String value, String field) {
        matching(ADDRESS, value, field, "a host name or an IP address");
    }

    static void login(@Nullable String value, String field) {
        matching(LOGIN, value, field, "the name of a user");
    }

    /** A URL that may be stored and shown: without user, password and fragment, and without a parameter for a secret. */
    static void withoutSecret(URI url, String field) {
        String authority = url.getRawAuthority();
        String query = url.getRawQuery();
        if ((authority != null && authority.indexOf('@') >= 0)
                || url.getRawFragment() != null
                || (query != null && SECRET_PARAMETER.matcher(query).find())) {
            throw new IllegalArgumentException(
                    field + " has a user, a password, a token or a fragment in it, which would be"
                            + " stored and shown; give an address that needs none");
        }
    }

    static void hostKey(@Nullable String value, String field) {
        matching(HOST_KEY, value, field, "a fingerprint such as SHA256:... or a key such as ssh-ed25519 AAAA...");
    }

    static void reference(@Nullable String value, String field) {
        matching(REFERENCE, value, field, "a reference such as file:/etc/uplift/key or env:NAME");
    }

    static void port(int value, String field) {
        if (value < 1 || value > 65_535) {
            throw new IllegalArgumentException(field + " is " + value + ", 1 to 65535 is possible");
        }
    }

    private static void matching(Pattern pattern, @Nullable String value, String field, String expected) {
        if (!pattern.matcher(text(value, field)).matches()) {
            throw new IllegalArgumentException(field + " is not " + expected);
        }
    }

    static String sha256(String value, String field) {
        if (value.length() != SHA256_LENGTH || !isHexadecimal(value)) {
            throw new IllegalArgumentException(field + " is not a SHA-256 in 64 hexadecimal digits");
        }
        return value.toLowerCase(Locale.ROOT);
    }

    /** Without a pattern: most messages have several hashes. */
    private static boolean isHexadecimal(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (!HexFormat.isHexDigit(value.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
