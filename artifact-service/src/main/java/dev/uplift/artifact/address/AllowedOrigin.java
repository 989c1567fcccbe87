/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.address;

import java.net.URI;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An origin that the operator trusts: plain HTTP and private addresses are fine there.
 *
 * @param host lower case; an IPv6 address stands in brackets
 * @param port empty: any
 */
public record AllowedOrigin(String scheme, String host, OptionalInt port) {
    private static final Pattern FORM =
            Pattern.compile("(https?)://([a-z0-9.-]+|\\[[0-9a-f:.]+\\])(?::(\\d{1,5}|\\*))?/?");

    /**
     * Reads {@code scheme://host}, {@code scheme://host:port} or {@code scheme://host:*}.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    public static AllowedOrigin parse(String text) {
        Matcher origin = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!origin.matches()) {
            throw new IllegalArgumentException("an allowed origin is http(s)://host, http(s)://host:port or"
                    + " http(s)://host:*, without a path");
        }
        String scheme = origin.group(1);
        String port = origin.group(3);
        if ("*".equals(port)) {
            return new AllowedOrigin(scheme, origin.group(2), OptionalInt.empty());
        }
        int number = port == null ? defaultPort(scheme) : Integer.parseInt(port);
        if (number < 1 || number > 65_535) {
            throw new IllegalArgumentException("an allowed origin's port is 1 to 65535 or *");
        }
        return new AllowedOrigin(scheme, origin.group(2), OptionalInt.of(number));
    }

    /** Whether an absolute URL with a host is of this origin. */
    public boolean matches(URI url) {
        String otherScheme = url.getScheme().toLowerCase(Locale.ROOT);
        int otherPort = url.getPort() < 0 ? defaultPort(otherScheme) : url.getPort();
        return scheme.equals(otherScheme)
                && host.equals(url.getHost().toLowerCase(Locale.ROOT))
                && (port.isEmpty() || port.getAsInt() == otherPort);
    }

    private static int defaultPort(String scheme) {
        return scheme.equals("https") ? 443 : 80;
    }
}
