/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.address;

import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * Where artifacts may come from: {@code https} anywhere in the public Internet, and the origins that the
 * operator allows. Every URL is judged, those that a server redirects to included.
 */
public final class AddressPolicy {
    private final List<AllowedOrigin> allowed;

    public AddressPolicy(List<AllowedOrigin> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    /** Whether the operator trusts this origin, private addresses included. */
    public boolean isAllowedOrigin(URI url) {
        return allowed.stream().anyMatch(origin -> origin.matches(url));
    }

    /**
     * Judges a URL by its text; nothing is looked up. What it resolves to is judged by {@link
     * PublicAddresses} when the connection is made.
     *
     * @throws AddressRefusedException if nothing may be fetched from there
     */
    public void require(URI url) throws AddressRefusedException {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            throw new AddressRefusedException("artifacts are fetched by https only, not by " + printable(scheme));
        }
        if (url.getHost() == null || url.getPort() == 0 || url.getPort() > 65_535) {
            throw new AddressRefusedException("the artifact's URL names no valid host and port");
        }
        if (url.getRawUserInfo() != null) {
            throw new AddressRefusedException("the artifact's URL holds a user name or password");
        }
        if (scheme.equals("http") && !isAllowedOrigin(url)) {
            throw new AddressRefusedException("plain http from " + display(url)
                    + " is not allowed; use https, or let the operator add the origin to"
                    + " uplift.artifact.allowed-origins");
        }
    }

    /** A URL for people: what may be a secret, user information and query, is left out. */
    public static String display(URI url) {
        String port = url.getPort() < 0 ? "" : ":" + url.getPort();
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        return url.getScheme() + "://" + url.getHost() + port + path + (url.getRawQuery() == null ? "" : "?...");
    }

    private static String printable(String scheme) {
        return scheme.isEmpty() ? "a URL without a scheme" : scheme;
    }
}
