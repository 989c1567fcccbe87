/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request's head must be like to be let in.
 *
 * <ol>
 *   <li>Its target is a path in UTF-8 without NUL, which no database and no file system takes.
 *   <li>It calls this service by one of {@link OwnHosts}.
 *   <li>No page of another site has sent it: browsers say so in {@code Origin} and {@code Sec-Fetch-Site}, and leave
 *       both out only where they let no page choose the request. A link to a page here may be followed.
 *   <li>A body says that it is JSON. That also makes every browser ask before it sends one for another site.
 * </ol>
 */
final class RequestRules {
    private static final Pattern AUTHORITY =
            Pattern.compile("(?<host>\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::(?<port>[0-9]{1,5}))?");
    private static final Pattern ORIGIN = Pattern.compile("(?i)https?://(?<authority>[^/?#]+)");
    private static final Pattern JSON =
            Pattern.compile("(?i)application/json\\s*(?:;\\s*charset\\s*=\\s*\"?utf-8\"?\\s*)?");
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

    private final OwnHosts hosts;

    RequestRules(OwnHosts hosts) {
        this.hosts = hosts;
    }

    /** Why the request is refused; empty: it is not. */
    Optional<Problem> refusal(HttpServerRequest request) {
        return target(request.uri())
                .or(() -> host(request))
                .or(() -> site(request))
                .or(() -> body(request));
    }

    /** Whether a body follows the head. */
    static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING) || (length != null && !length.equals("0"));
    }

    private static Optional<Problem> target(String target) {
        if (target.equals("*")) {
            return Optional.empty();
        }
        if (!target.startsWith("/")) {
            return invalid("a request's target is a path, such as /api/v1/installations");
        }
        byte[] decoded = new byte[target.length()];
        int length = 0;
        for (int i = 0; i < target.length(); i++) {
            char character = target.charAt(i);
            if (character == '%') {
                int value = i + 2 < target.length() ? hex(target, i + 1) : -1;
                if (value < 0) {
                    return invalid("the path or the query has a % without two hexadecimal digits behind it");
                }
                decoded[length++] = (byte) value;
                i += 2;
            } else if (character <= ' ' || character >= 0x7f) {
                return invalid("the path or the query has a character that must be percent-encoded as UTF-8");
            } else {
                decoded[length++] = (byte) character;
            }
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decoded, 0, length))
                    .toString();
            return text.indexOf('\0') < 0 ? Optional.empty() : invalid("the path or the query has a NUL (%00)");
        } catch (CharacterCodingException e) {
            return invalid("the path or the query is not UTF-8");
        }
    }

    private static int hex(String text, int at) {
        int high = Character.digit(text.charAt(at), 16);
        int low = Character.digit(text.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    private Optional<Problem> host(HttpServerRequest request) {
        List<String> named = request.headers().getAll(HttpHeaders.HOST);
        if (named.isEmpty() && request.version() == HttpVersion.HTTP_1_0) {
            // A probe of the simplest kind; no browser is that old.
            return Optional.empty();
        }
        Matcher authority = AUTHORITY.matcher(named.isEmpty() ? "" : named.getFirst());
        if (named.size() != 1 || !authority.matches()) {
            return invalid("one Host header with a name or an address is needed");
        }
        if (!hosts.contain(authority.group("host"), connectedTo(request))) {
            return Optional.of(Problem.of(
                    421,
                    "Misdirected Request",
                    "request.foreign-host",
                    "this service is not known under the name that the Host header has; call it by localhost or its IP"
                            + " address, or add the name to uplift.http.allowed-hosts"));
        }
        return Optional.empty();
    }

    private Optional<Problem> site(HttpServerRequest request) {
        for (String origin : request.headers().getAll(HttpHeaders.ORIGIN)) {
            if (!isOwn(origin, request.getHeader(HttpHeaders.HOST))) {
                return foreign();
            }
        }
        for (String site : request.headers().getAll("Sec-Fetch-Site")) {
            if (!OWN_SITE.contains(site.strip().toLowerCase(Locale.ROOT)) && !followsALink(request)) {
                return foreign();
            }
        }
        return Optional.empty();
    }

    private boolean isOwn(String origin, @Nullable String host) {
        Matcher parts = ORIGIN.matcher(origin.strip());
        if (!parts.matches()) {
            return false;
        }
        String authority = parts.group("authority");
        Matcher named = AUTHORITY.matcher(authority);
        return authority.equalsIgnoreCase(host) || (named.matches() && hosts.named(named.group("host")));
    }

    private static boolean followsALink(HttpServerRequest request) {
        return request.method().equals(HttpMethod.GET)
                && "navigate".equalsIgnoreCase(request.getHeader("Sec-Fetch-Mode"))
                && "document".equalsIgnoreCase(request.getHeader("Sec-Fetch-Dest"));
    }

    private static Optional<Problem> body(HttpServerRequest request) {
        if (!hasBody(request)) {
            return Optional.empty();
        }
        List<String> types = request.headers().getAll(HttpHeaders.CONTENT_TYPE);
        if (types.size() == 1 && JSON.matcher(types.getFirst().strip()).matches()) {
            return Optional.empty();
        }
        return Optional.of(Problem.of(
                415,
                "Unsupported Media Type",
                "request.media-type",
                "a body is JSON in UTF-8 and says so: send the header Content-Type: application/json"));
    }

    private static String connectedTo(HttpServerRequest request) {
        SocketAddress local = request.localAddress();
        String address = local == null ? null : local.hostAddress();
        return address == null ? "" : address;
    }

    private static Optional<Problem> invalid(String detail) {
        return Optional.of(Problem.of(400, "Bad Request", "request.invalid", detail));
    }

    private static Optional<Problem> foreign() {
        return Optional.of(Problem.of(
                403,
                "Forbidden",
                "request.foreign-page",
                "a page of another site has sent this (Origin or Sec-Fetch-Site); only pages of this service may"));
    }
}
