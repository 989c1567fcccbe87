/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.fasterxml.jackson.core.JsonPointer;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the application answers HTTP, and how its health is read.
 *
 * @param path of the health endpoint, below the base URL
 * @param port where it listens
 * @param host the address it listens on; all addresses and none are reached through loopback
 * @param contextPath a prefix of all paths; empty or beginning with a slash
 * @param healthy the one answer of a serving application
 * @param starting answers of an application that is still on its way up
 * @param progress place of a number from 0 to 1 in the body of a starting application; absent: none
 */
public record HealthRules(
        String path,
        Setting port,
        Setting host,
        Setting contextPath,
        Condition healthy,
        List<Condition> starting,
        @Nullable JsonPointer progress) {
    private static final Set<String> ALL_ADDRESSES = Set.of("", "*", "0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0");
    private static final String LOOPBACK = "127.0.0.1";
    private static final int PORT_MAX = 65_535;
    private static final Pattern PREFIX = Pattern.compile("(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*");

    public HealthRules {
        starting = List.copyOf(starting);
    }

    /** The port of an application that was started so. Throws {@link SettingException} if it is none. */
    public int port(LaunchView view) {
        String text = port.value(view).orElseThrow(() -> new SettingException("no port is set by " + port.names()));
        int number = Text.number(text).orElse(-1);
        if (number < 1 || number > PORT_MAX) {
            throw new SettingException("the port set by " + port.names() + " is " + Text.quote(text) + ", 1 to "
                    + PORT_MAX + " is possible");
        }
        return number;
    }

    /** Without a trailing slash. Throws {@link SettingException} if the settings give none. */
    public URI baseUrl(LaunchView view) {
        String address = host.value(view).map(String::strip).orElse("");
        String reachable = ALL_ADDRESSES.contains(address) ? LOOPBACK : address;
        if (!Text.isHost(reachable.replaceFirst("^\\[(.*)]$", "$1"))) {
            throw new SettingException(
                    host.names() + " is " + Text.quote(address) + ", a host name or an address is possible");
        }
        String bracketed = reachable.contains(":") && !reachable.startsWith("[") ? "[" + reachable + "]" : reachable;
        String prefix = contextPath.value(view).orElse("").replaceAll("/+$", "");
        if (!PREFIX.matcher(prefix).matches()) {
            throw new SettingException(
                    contextPath.names() + " is " + Text.quote(prefix) + ", a path such as /reports is possible");
        }
        try {
            return URI.create("http://" + bracketed + ":" + port(view) + prefix);
        } catch (IllegalArgumentException e) {
            throw new SettingException(
                    Text.quote(address) + " and " + Text.quote(prefix) + " make no URL: " + e.getMessage());
        }
    }

    /** The health endpoint of an application at {@code baseUrl}. */
    public URI url(URI baseUrl) {
        return URI.create(baseUrl + path);
    }

    public HealthReading read(int status, String body) {
        if (healthy.holds(status, body)) {
            return new HealthReading.Healthy();
        }
        if (starting.stream().anyMatch(condition -> condition.holds(status, body))) {
            return new HealthReading.Starting(progressIn(body));
        }
        return new HealthReading.Unhealthy("HTTP " + status + said(body));
    }

    private OptionalDouble progressIn(String body) {
        Optional<String> text = progress == null ? Optional.empty() : Body.textAt(body, progress);
        try {
            return text.isPresent() ? OptionalDouble.of(Double.parseDouble(text.get())) : OptionalDouble.empty();
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }

    private String said(String body) {
        JsonPointer pointer = healthy.pointer();
        Optional<String> value = pointer == null ? Optional.empty() : Body.textAt(body, pointer);
        return value.map(text -> ", " + pointer + " is " + Text.quote(text))
                .orElseGet(() -> body.isBlank() ? "" : ": " + Text.quote(body.strip()));
    }
}
