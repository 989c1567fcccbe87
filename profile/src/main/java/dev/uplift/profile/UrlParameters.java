/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of connection URLs that neither lead to another database than the URL names, nor name a class or a command
 * that a driver would run. All others are refused: what Uplift does not know could do either.
 */
final class UrlParameters {
    private static final Set<String> POSTGRESQL = Set.of(
            "ApplicationName",
            "adaptiveFetch",
            "adaptiveFetchMaximum",
            "adaptiveFetchMinimum",
            "allowEncodingChanges",
            "assumeMinServerVersion",
            "autosave",
            "binaryTransfer",
            "binaryTransferDisable",
            "binaryTransferEnable",
            "cancelSignalTimeout",
            "channelBinding",
            "cleanupSavepoints",
            "connectTimeout",
            "currentSchema",
            "databaseMetadataCacheFields",
            "databaseMetadataCacheFieldsMiB",
            "defaultRowFetchSize",
            "disableColumnSanitiser",
            "escapeSyntaxCallMode",
            "groupStartupParameters",
            "gssEncMode",
            "hideUnprivilegedObjects",
            "logServerErrorDetail",
            "logUnclosedConnections",
            "loginTimeout",
            "maxResultBuffer",
            "password",
            "preferQueryMode",
            "prepareThreshold",
            "preparedStatementCacheQueries",
            "preparedStatementCacheSizeMiB",
            "queryTimeout",
            "quoteReturningIdentifiers",
            "reWriteBatchedInserts",
            "readOnly",
            "readOnlyMode",
            "receiveBufferSize",
            "requireAuth",
            "sendBufferSize",
            "socketTimeout",
            "ssl",
            "sslNegotiation",
            "sslResponseTimeout",
            "sslcert",
            "sslkey",
            "sslmode",
            "sslpassword",
            "sslrootcert",
            "stringtype",
            "tcpKeepAlive",
            "tcpNoDelay",
            "unknownLength",
            "user");

    private static final Set<String> H2 = Set.of(
            "ANALYZE_AUTO",
            "AUTO_SERVER",
            "AUTO_SERVER_PORT",
            "CACHE_SIZE",
            "CASE_INSENSITIVE_IDENTIFIERS",
            "CIPHER",
            "COMPRESS",
            "DATABASE_TO_LOWER",
            "DATABASE_TO_UPPER",
            "DB_CLOSE_DELAY",
            "DB_CLOSE_ON_EXIT",
            "DEFAULT_LOCK_TIMEOUT",
            "DEFRAG_ALWAYS",
            "IFEXISTS",
            "LOCK_MODE",
            "LOCK_TIMEOUT",
            "MAX_COMPACT_TIME",
            "MODE",
            "MV_STORE",
            "NON_KEYWORDS",
            "PASSWORD",
            "QUERY_TIMEOUT",
            "REUSE_SPACE",
            "RETENTION_TIME",
            "TRACE_LEVEL_FILE",
            "TRACE_LEVEL_SYSTEM_OUT",
            "USER",
            "WRITE_DELAY");

    /** Of the driver's own factories none does more than to check a certificate, or not to. */
    private static final Pattern DRIVERS_OWN = Pattern.compile("org\\.postgresql\\.ssl\\.[A-Za-z]+");

    /** A backslash takes the meaning from what follows it. */
    private static final String OPTION = "\\s*+(?:-c\\s*+|--)([A-Za-z_.-]+)=((?:[^\\s\\\\]|\\\\.)*+)";

    private static final Pattern NEXT_OPTION = Pattern.compile("\\G" + OPTION);
    private static final Pattern ALL_OPTIONS = Pattern.compile("(?:" + OPTION + ")*+\\s*");

    private UrlParameters() {}

    static boolean isHarmlessToPostgreSql(String name, String value) {
        return switch (name) {
            case "options" -> ALL_OPTIONS.matcher(value).matches();
            case "sslfactory" -> DRIVERS_OWN.matcher(value).matches();
            case String other -> POSTGRESQL.contains(other);
        };
    }

    /** {@code name} in upper case. */
    static boolean isHarmlessToH2(String name) {
        return H2.contains(name);
    }

    /** Why a URL with it is not used. */
    static String refusal(String name) {
        return "the connection URL sets " + Text.quote(name)
                + ", which is not among the parameters that are known to be harmless";
    }

    /** Where the server looks for tables, as the driver asks it to; of two ways the driver's own wins. */
    static @Nullable String searchPath(Map<String, String> parameters) {
        String schema = parameters.getOrDefault("currentSchema", "");
        return schema.isEmpty()
                ? inOptions(parameters.getOrDefault("options", "")).orElse(null)
                : schema;
    }

    /** Of the same option twice, the last. The server reads {@code -} in a name as {@code _}, and ignores its case. */
    private static Optional<String> inOptions(String options) {
        return NEXT_OPTION
                .matcher(options)
                .results()
                .filter(option -> option.group(1).replace('-', '_').equalsIgnoreCase("search_path"))
                .map(option -> option.group(2).replaceAll("\\\\(.)", "$1"))
                .reduce((_, later) -> later);
    }
}
