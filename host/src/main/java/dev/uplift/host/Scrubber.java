/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import dev.uplift.contract.SecretNames;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes secrets out of text before it leaves the host: known values wherever they are, and whatever follows a name such
 * as {@code password=}: to the next {@code &} in the parameters of an address, and elsewhere to the next space.
 */
public final class Scrubber {
    private static final String MASK = "***";
    private static final int LENGTH_MIN = 3;
    private static final int TOKEN_LENGTH_MIN = 16;
    private static final Pattern SENSITIVE_NAME = Pattern.compile(
            "pass|pwd|secret|token|credential|private|api.?key|encryption|auth|_key$|\\.key$|_uri$|_url$|dsn");
    private static final Pattern TOKEN = Pattern.compile("[^\\s/:,;]{" + TOKEN_LENGTH_MIN + ",}");
    private static final Pattern USER_INFO = Pattern.compile("//[^/@\\s:]*:([^@\\s]+)@");
    // What follows the last such word of a name is bounded, because it is looked at once for each of them.
    private static final String SECRET_NAME = "[\\w.-]*" + SecretNames.PATTERN + "[\\w.-]{0,100}[\"']?\\s*[=:]\\s*)";
    private static final Pattern PARAMETER =
            Pattern.compile("(?i)((?<=[?&])" + SECRET_NAME + "(?:\"[^\"]*\"|'[^']*'|[^\\s&]+)");
    private static final Pattern NAMED =
            Pattern.compile("(?i)((?<![?&\\w.-])" + SECRET_NAME + "(?:\"[^\"]*\"|'[^']*'|\\S+)");

    private final List<String> values;

    private Scrubber(Collection<String> values) {
        Set<String> forms = new LinkedHashSet<>();
        for (String value : values) {
            if (value.length() >= LENGTH_MIN) {
                forms.add(value);
                forms.add(URLEncoder.encode(value, StandardCharsets.UTF_8));
                forms.add(value.replace("\\", "\\\\").replace("\"", "\\\""));
            }
        }
        List<String> longestFirst = new ArrayList<>(forms);
        longestFirst.sort(Comparator.comparingInt(String::length).reversed());
        this.values = List.copyOf(longestFirst);
    }

    /** Takes out these values. Those of fewer than 3 characters are left: they would be found everywhere. */
    public static Scrubber of(Collection<String> secrets) {
        return new Scrubber(secrets);
    }

    /**
     * Takes out what an application was started with and may be secret: values of variables and
     * {@code -D} settings with telling names, passwords in addresses, and whatever looks like a token.
     */
    public static Scrubber of(Launch launch) {
        Set<String> secrets = new LinkedHashSet<>(launch.secrets().values());
        for (Map.Entry<String, String> variable : launch.environment().entrySet()) {
            collect(variable.getKey(), variable.getValue(), secrets);
        }
        for (String argument : launch.argv()) {
            int equals = argument.indexOf('=');
            if (argument.startsWith("-") && equals > 0) {
                collect(argument.substring(0, equals), argument.substring(equals + 1), secrets);
            }
        }
        return new Scrubber(secrets);
    }

    /** The text without the secrets. */
    public String scrub(String text) {
        String scrubbed = text;
        for (String value : values) {
            scrubbed = scrubbed.replace(value, MASK);
        }
        scrubbed = PARAMETER.matcher(scrubbed).replaceAll("$1" + MASK);
        scrubbed = NAMED.matcher(scrubbed).replaceAll("$1" + MASK);
        return USER_INFO.matcher(scrubbed).replaceAll(match -> {
            String whole = match.group();
            return Matcher.quoteReplacement(whole.substring(0, match.start(1) - match.start()) + MASK + "@");
        });
    }

    private static void collect(String name, String value, Set<String> secrets) {
        Matcher userInfo = USER_INFO.matcher(value);
        while (userInfo.find()) {
            secrets.add(userInfo.group(1));
        }
        if (SENSITIVE_NAME.matcher(name.toLowerCase(Locale.ROOT)).find()
                || TOKEN.matcher(value).matches()) {
            secrets.add(value);
        }
    }
}
