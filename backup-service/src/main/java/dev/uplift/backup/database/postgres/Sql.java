/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import java.nio.charset.StandardCharsets;

/** Names and texts in SQL and in connection strings, quoted whatever they hold. */
final class Sql {
    /** Bytes that a name has at most in a server built as usual. */
    static final int NAME_BYTES_MAX = 63;

    private Sql() {}

    static String name(String name) {
        return "\"" + withoutNul(name).replace("\"", "\"\"") + "\"";
    }

    static String text(String text) {
        String escaped = withoutNul(text).replace("'", "''");
        return escaped.contains("\\") ? "E'" + escaped.replace("\\", "\\\\") + "'" : "'" + escaped + "'";
    }

    /** A value of a libpq connection string. */
    static String conninfo(String value) {
        return "'" + withoutNul(value).replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    /** {@code base + suffix}, with as many whole characters of {@code base} as a name can have. */
    static String nameWithSuffix(String base, String suffix) {
        int room = NAME_BYTES_MAX - suffix.getBytes(StandardCharsets.UTF_8).length;
        StringBuilder name = new StringBuilder();
        for (int codePoint : base.codePoints().toArray()) {
            String character = Character.toString(codePoint);
            room -= character.getBytes(StandardCharsets.UTF_8).length;
            if (room < 0) {
                break;
            }
            name.append(character);
        }
        return name + suffix;
    }

    private static String withoutNul(String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name or text of the database holds a NUL");
        }
        return value;
    }
}
