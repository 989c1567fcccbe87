/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection URL as drivers read it: {@code jdbc:postgresql:}, {@code postgres:}, {@code
 * postgresql:}, {@code jdbc:h2:}. Not {@link java.net.URI}: that refuses hosts with an underscore and
 * characters in a password that the drivers accept.
 */
sealed interface DatabaseUrl {

    /**
     * A PostgreSQL server's.
     *
     * @param database absent: the user's name, as the driver has it
     * @param infoUser user before the {@code @}
     * @param infoPassword password before the {@code @}
     * @param user parameter of that name; a driver prefers it to all else
     * @param password parameter of that name; a driver prefers it to all else
     * @param searchPath in which schemas tables without one are looked for; absent: as the server has it
     */
    record PostgreSql(
            String host,
            int port,
            @Nullable String database,
            @Nullable String infoUser,
            @Nullable String infoPassword,
            @Nullable String user,
            @Nullable String password,
            @Nullable String searchPath)
            implements DatabaseUrl {
        @Override
        public String toString() {
            return "PostgreSql[" + host + ":" + port + "/" + database + "]";
        }
    }

    /** An H2 database file's; {@code file} without suffix, as written. */
    record H2(String file, @Nullable String user, @Nullable String password) implements DatabaseUrl {
        @Override
        public String toString() {
            return "H2[" + file + "]";
        }
    }

    /** Of something else. */
    record Other(String kind, String reason) implements DatabaseUrl {}

    int POSTGRESQL_PORT = 5432;

    /** {@code decodeUserInfo}: whether what stands before the {@code @} is percent-encoded. */
    static DatabaseUrl parse(String url, boolean decodeUserInfo) {
        String text = url.strip();
        String bare = text.startsWith("jdbc:") ? text.substring("jdbc:".length()) : text;
        int colon = bare.indexOf(':');
        String kind = colon < 0 ? "unknown" : bare.substring(0, colon).toLowerCase(Locale.ROOT);
        if (!kind.matches("[a-z][a-z0-9+.-]*")) {
            return new Other("unknown", "the connection URL names no kind of database");
        }
        String rest = bare.substring(colon + 1);
        return switch (kind) {
            case "h2" -> h2(rest);
            case "postgres", "postgresql" -> postgreSql(rest, decodeUserInfo);
            case "unknown" -> new Other(kind, "the connection URL names no kind of database");
            case String other ->
                new Other(other, "H2 files and PostgreSQL can be backed up, the connection URL names " + other);
        };
    }

    /** What follows {@code jdbc:h2:}; also what applications take as an H2 file. */
    static DatabaseUrl h2(String rest) {
        List<String> parts = List.of(rest.split(";", -1));
        String place = parts.getFirst();
        for (String server : List.of("mem:", "tcp:", "ssl:", "zip:", "classpath:", "split:", "nioMemFS:", "memFS:")) {
            if (place.startsWith(server)) {
                return new Other("h2", "an H2 database of the form " + server + " is not one file that can be copied");
            }
        }
        Map<String, String> options = new LinkedHashMap<>();
        for (String part : parts.subList(1, parts.size())) {
            int equals = part.indexOf('=');
            if (!part.isEmpty()) {
                String name = equals < 0 ? part : part.substring(0, equals);
                options.put(name.strip().toUpperCase(Locale.ROOT), equals < 0 ? "" : part.substring(equals + 1));
            }
        }
        for (String option : options.keySet()) {
            if (!UrlParameters.isHarmlessToH2(option)) {
                return new Other("h2", UrlParameters.refusal(option));
            }
        }
        if (options.containsKey("CIPHER")) {
            return new Other("h2", "an encrypted H2 database (CIPHER) is not supported");
        }
        if ("FALSE".equalsIgnoreCase(options.get("MV_STORE"))) {
            return new Other("h2", "an H2 database of the old page store (MV_STORE=FALSE) is not supported");
        }
        String file = place.replaceFirst("^(file|nio|nioMapped|async):", "");
        return file.isEmpty()
                ? new Other("h2", "the H2 connection URL names no file")
                : new H2(file, options.get("USER"), options.get("PASSWORD"));
    }

    private static DatabaseUrl postgreSql(String rest, boolean decodeUserInfo) {
        int question = rest.indexOf('?');
        String before = question < 0 ? rest : rest.substring(0, question);
        String query = question < 0 ? "" : rest.substring(question + 1);
        try {
            Map<String, String> parameters = parameters(query);
            for (Map.Entry<String, String> parameter : parameters.entrySet()) {
                if (!UrlParameters.isHarmlessToPostgreSql(parameter.getKey(), parameter.getValue())) {
                    return new Other("postgresql", UrlParameters.refusal(parameter.getKey()));
                }
            }
            if (!before.startsWith("//")) {
                return before.contains("/")
                        ? malformed("// must follow the scheme")
                        : postgreSql("", Optional.of(before), parameters, decodeUserInfo);
            }
            int slash = before.indexOf('/', decodeUserInfo ? 2 : Math.max(2, before.indexOf('@')));
            String authority = slash < 0 ? before.substring(2) : before.substring(2, slash);
            Optional<String> database = slash < 0 ? Optional.empty() : Optional.of(before.substring(slash + 1));
            return postgreSql(authority, database, parameters, decodeUserInfo);
        } catch (IllegalArgumentException e) {
            return malformed("a % must be followed by two hexadecimal digits");
        }
    }

    private static DatabaseUrl postgreSql(
            String authority, Optional<String> database, Map<String, String> parameters, boolean decodeUserInfo) {
        int at = authority.indexOf('@');
        if (at != authority.lastIndexOf('@')) {
            return malformed("an @ in the user or the password must be written %40");
        }
        String info = at < 0 ? "" : authority.substring(0, at);
        String address = authority.substring(at + 1);
        if (address.contains(",")) {
            return malformed("several hosts are not supported");
        }
        int colon = address.lastIndexOf(':');
        boolean hasPort = colon >= 0 && !address.endsWith("]");
        String host = hasPort ? address.substring(0, colon) : address;
        String port = hasPort ? address.substring(colon + 1) : "";
        int number = port.isEmpty() ? POSTGRESQL_PORT : Text.number(port).orElse(-1);
        if (number < 1 || number > 65_535) {
            return malformed("the port must be 1 to 65535");
        }
        int infoColon = info.indexOf(':');
        String infoUser = infoColon < 0 ? info : info.substring(0, infoColon);
        String infoPassword = infoColon < 0 ? "" : info.substring(infoColon + 1);
        return new PostgreSql(
                host.isEmpty() ? "localhost" : host.replaceAll("^\\[|]$", ""),
                number,
                database.filter(name -> !name.isEmpty())
                        .map(DatabaseUrl::percentDecoded)
                        .orElse(null),
                filled(decodeUserInfo ? percentDecoded(infoUser) : infoUser),
                filled(decodeUserInfo ? percentDecoded(infoPassword) : infoPassword),
                parameters.get("user"),
                parameters.get("password"),
                UrlParameters.searchPath(parameters));
    }

    private static @Nullable String filled(String text) {
        return text.isEmpty() ? null : text;
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String parameter : List.of(query.split("&"))) {
            int equals = parameter.indexOf('=');
            if (!parameter.isEmpty()) {
                parameters.put(
                        equals < 0 ? parameter : parameter.substring(0, equals),
                        equals < 0 ? "" : URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return parameters;
    }

    private static String percentDecoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static DatabaseUrl malformed(String reason) {
        return new Other("postgresql", "the connection URL cannot be used: " + reason);
    }
}
