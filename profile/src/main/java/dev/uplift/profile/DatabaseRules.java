/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the application finds its database. A connection URL wins over the single settings; of user and
 * password the URL's parameters win over the settings, and these over what stands before the URL's
 * {@code @}, as drivers have it.
 *
 * @param used false: the application keeps no database, and the rest is empty
 * @param kind of database, in the application's words
 * @param kinds the application's words, in lower case, to kinds
 * @param decodeUserInfo whether user and password before the {@code @} of a URL are percent-encoded
 * @param unsupported what, when set to anything but {@code false}, makes the database unusable to Uplift
 * @param migrations absent: cannot be watched
 * @param minimumVersions kind to the lowest server major that the application works on
 */
public record DatabaseRules(
        boolean used,
        Setting kind,
        Map<String, Kind> kinds,
        Setting uri,
        boolean decodeUserInfo,
        Setting host,
        Setting port,
        Setting name,
        Setting user,
        Setting password,
        H2Rules h2,
        List<Obstacle> unsupported,
        @Nullable Migrations migrations,
        Map<Kind, Integer> minimumVersions) {

    /** What Uplift can back up. */
    public enum Kind {
        /** A file of H2. */
        H2,
        /** A database of a PostgreSQL server. */
        POSTGRESQL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * An H2 file that is set without a connection URL: {@code file} without the suffix {@code .mv.db},
     * and the user and password that the application takes for it.
     */
    public record H2Rules(Setting file, Setting user, Setting password) {
        static final H2Rules NONE = new H2Rules(Setting.NONE, Setting.NONE, Setting.NONE);
    }

    /** A setting that makes the database unusable to Uplift, and why. */
    public record Obstacle(Setting setting, String reason) {}

    static final DatabaseRules NONE = new DatabaseRules(
            false,
            Setting.NONE,
            Map.of(),
            Setting.NONE,
            true,
            Setting.NONE,
            Setting.NONE,
            Setting.NONE,
            Setting.NONE,
            Setting.NONE,
            H2Rules.NONE,
            List.of(),
            null,
            Map.of());

    private static final String H2_SUFFIX = ".mv.db";

    /** What ends the name of a database in a URL, or stands for something else there. */
    private static final Pattern PART_OF_URL = Pattern.compile("[?&%/\\\\#]");

    public DatabaseRules {
        kinds = Map.copyOf(kinds);
        unsupported = List.copyOf(unsupported);
        minimumVersions = Map.copyOf(minimumVersions);
    }

    /** The lowest server major that the application works on; empty: not stated. */
    public OptionalInt minimumVersion(Kind kind) {
        Integer version = minimumVersions.get(kind);
        return version == null ? OptionalInt.empty() : OptionalInt.of(version);
    }

    /** The database of an application that was started so. Never throws: what is not understood is unsupported. */
    public DatabaseSettings settings(LaunchView view) {
        if (!used) {
            return new DatabaseSettings.Unsupported("none", "the application keeps no database");
        }
        try {
            for (Obstacle obstacle : unsupported) {
                if (obstacle.setting()
                        .given(view)
                        .filter(value -> !"false".equalsIgnoreCase(value))
                        .isPresent()) {
                    return new DatabaseSettings.Unsupported(
                            "unknown", obstacle.setting().names() + " is set: " + obstacle.reason());
                }
            }
            Optional<String> url = uri.value(view);
            DatabaseSettings read = url.isPresent() ? byUrl(url.get(), view) : bySettings(view);
            return read instanceof DatabaseSettings.Unsupported unsupportedKind && isByDefault(view)
                    ? byDefault(unsupportedKind)
                    : read;
        } catch (SettingException e) {
            return new DatabaseSettings.Unsupported("unknown", e.reason());
        }
    }

    private boolean isByDefault(LaunchView view) {
        return uri.given(view).isEmpty() && kind.given(view).isEmpty();
    }

    /** It would be false to say that a setting has this value: nobody has set it where Uplift looks. */
    private DatabaseSettings byDefault(DatabaseSettings.Unsupported read) {
        String asked = Stream.of(uri, kind)
                .filter(setting -> !setting.sources().isEmpty())
                .map(Setting::names)
                .collect(Collectors.joining(", "));
        return new DatabaseSettings.Unsupported(
                read.kind(),
                "none of " + asked + " is set on its command line or in its environment, so the profile's default was"
                        + " taken, by which " + read.reason()
                        + "; configuration files of applications are not read");
    }

    private DatabaseSettings byUrl(String url, LaunchView view) {
        return switch (DatabaseUrl.parse(url, decodeUserInfo)) {
            case DatabaseUrl.H2(String file, String urlUser, String urlPassword) ->
                h2(
                        file,
                        first(urlUser, user.value(view).orElse(null)),
                        first(urlPassword, password.value(view).orElse(null)),
                        view);
            case DatabaseUrl.PostgreSql server -> {
                String login = first(server.user(), user.value(view).orElse(null), server.infoUser());
                String secret = first(server.password(), password.value(view).orElse(null), server.infoPassword());
                yield postgreSql(
                        server.host(),
                        server.port(),
                        first(server.database(), login),
                        login,
                        secret,
                        server.searchPath());
            }
            case DatabaseUrl.Other(String otherKind, String reason) ->
                new DatabaseSettings.Unsupported(otherKind, reason);
        };
    }

    private DatabaseSettings bySettings(LaunchView view) {
        Optional<String> word = kind.value(view).map(text -> text.strip().toLowerCase(Locale.ROOT));
        if (word.isEmpty()) {
            return new DatabaseSettings.Unsupported(
                    "unknown", "no database is set by " + kind.names() + " or " + uri.names());
        }
        Kind known = kinds.get(word.get());
        if (known == null) {
            return new DatabaseSettings.Unsupported(
                    word.get(),
                    (kind.given(view).isPresent() ? kind.names() : "the kind of database") + " is "
                            + Text.quote(word.get()) + ", supported are " + new TreeSet<>(kinds.keySet()));
        }
        return switch (known) {
            case H2 -> {
                Optional<String> file = h2.file().value(view);
                yield file.isEmpty()
                        ? new DatabaseSettings.Unsupported(
                                "h2", "no file is set by " + h2.file().names())
                        : h2File(file.get(), view);
            }
            case POSTGRESQL -> {
                String database = name.value(view).orElse(null);
                yield database != null && PART_OF_URL.matcher(database).find()
                        ? new DatabaseSettings.Unsupported(
                                "postgresql",
                                Text.quote(database) + " is not the name of a database: of it and " + host.names()
                                        + " the application makes a URL")
                        : postgreSql(
                                host.value(view).orElse("localhost"),
                                port(view),
                                database,
                                user.value(view).orElse(null),
                                password.value(view).orElse(null),
                                null);
            }
        };
    }

    private DatabaseSettings h2File(String file, LaunchView view) {
        return switch (DatabaseUrl.h2(file)) {
            case DatabaseUrl.H2(String path, String fileUser, String filePassword) ->
                h2(
                        path,
                        first(fileUser, h2.user().value(view).orElse(null)),
                        first(filePassword, h2.password().value(view).orElse(null)),
                        view);
            case DatabaseUrl.PostgreSql server -> throw new IllegalStateException("H2 file read as " + server);
            case DatabaseUrl.Other(String otherKind, String reason) ->
                new DatabaseSettings.Unsupported(otherKind, reason);
        };
    }

    private DatabaseSettings h2(String file, @Nullable String login, @Nullable String secret, LaunchView view) {
        try {
            Path path = file.startsWith("~")
                    ? home(view).resolve(file.substring(1).replaceFirst("^/+", ""))
                    : Path.of(file);
            Path absolute = view.workingDirectory().resolve(path).normalize();
            return new DatabaseSettings.H2(
                    absolute.resolveSibling(absolute.getFileName() + H2_SUFFIX),
                    login == null ? "" : login,
                    secret == null ? "" : secret);
        } catch (InvalidPathException e) {
            return new DatabaseSettings.Unsupported("h2", Text.quote(file) + " is not a path");
        }
    }

    private static Path home(LaunchView view) {
        return view.value(new SettingSource.Property("user.home"))
                .or(() -> view.value(new SettingSource.Environment("HOME")))
                .map(Path::of)
                .orElseThrow(() -> new SettingException("the H2 file begins with ~, and HOME is not set"));
    }

    private DatabaseSettings postgreSql(
            String server,
            int number,
            @Nullable String database,
            @Nullable String login,
            @Nullable String secret,
            @Nullable String searchPath) {
        if (login == null) {
            return new DatabaseSettings.Unsupported("postgresql", "no user is set by " + user.names());
        }
        if (database == null) {
            return new DatabaseSettings.Unsupported("postgresql", "no database name is set by " + name.names());
        }
        if (!Text.isHost(server)) {
            return new DatabaseSettings.Unsupported(
                    "postgresql", Text.quote(server) + " is not a host name or an address");
        }
        if ((database + login).chars().anyMatch(c -> c < ' ')) {
            return new DatabaseSettings.Unsupported(
                    "postgresql", "control characters in the database's or the user's name");
        }
        return new DatabaseSettings.PostgreSql(server, number, database, login, secret, searchPath);
    }

    private int port(LaunchView view) {
        String text = port.value(view).orElse(String.valueOf(DatabaseUrl.POSTGRESQL_PORT));
        int number = Text.number(text.strip()).orElse(-1);
        if (number < 1 || number > 65_535) {
            throw new SettingException(port.names() + " is " + Text.quote(text) + ", 1 to 65535 is possible");
        }
        return number;
    }

    private static @Nullable String first(@Nullable String... values) {
        for (String value : values) {
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return null;
    }
}
