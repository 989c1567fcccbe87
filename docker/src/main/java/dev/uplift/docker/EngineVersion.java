/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.github.dockerjava.api.model.Version;
import com.github.dockerjava.api.model.VersionComponent;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an engine says that it is.
 *
 * @param version of the engine, such as {@code 20.10.24}
 * @param api the newest version of the API that it speaks
 * @param apiMin the oldest one
 * @param os such as {@code linux}
 * @param architecture such as {@code amd64}
 */
public record EngineVersion(String version, Api api, Api apiMin, String os, String architecture) {
    /** The oldest that is enough: 20.10. */
    private static final Api NEEDED = new Api(1, 41);
    /** The newest whose changes have been looked at; a newer engine is asked to speak this one. */
    private static final Api KNOWN = new Api(1, 51);

    private static final Pattern API = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

    /** A version of the engine's API. */
    public record Api(int major, int minor) implements Comparable<Api> {
        @Override
        public int compareTo(Api other) {
            return major == other.major ? Integer.compare(minor, other.minor) : Integer.compare(major, other.major);
        }

        @Override
        public String toString() {
            return major + "." + minor;
        }

        private static Api parse(String text) throws DockerException {
            Matcher matcher = API.matcher(text);
            if (!matcher.matches()) {
                throw new DockerException(
                        "what listens there says no version of the Docker Engine's API: is it something else?");
            }
            return new Api(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        }
    }

    /**
     * Reads what it answers.
     *
     * @throws DockerException if upgrades cannot be done safely with it, saying why and what to use instead
     */
    static EngineVersion read(String name, Version answer) throws DockerException {
        for (VersionComponent component :
                Objects.requireNonNullElse(answer.getComponents(), List.<VersionComponent>of())) {
            if (String.valueOf(component.getName()).contains("Podman")) {
                throw new DockerException(name + " is Podman " + component.getVersion()
                        + ", which is not supported: its Docker-compatible API neither changes a container's restart"
                        + " policy nor resolves digests in all releases. Register what runs it as a systemd unit, or"
                        + " use a Docker Engine");
            }
        }
        Api api = Api.parse(String.valueOf(answer.getApiVersion()));
        Api apiMin = Api.parse(Objects.requireNonNullElse(answer.getMinAPIVersion(), NEEDED.toString()));
        EngineVersion version = new EngineVersion(
                String.valueOf(answer.getVersion()),
                api,
                apiMin,
                String.valueOf(answer.getOperatingSystem()),
                String.valueOf(answer.getArch()));
        if (!version.os.equals("linux")) {
            throw new DockerException(name + " runs containers of " + version.os + "; linux is needed");
        }
        if (api.compareTo(NEEDED) < 0) {
            throw new DockerException(name + " is version " + version.version + " with API " + api + "; API " + NEEDED
                    + " (Docker Engine 20.10) or newer is needed: upgrade the engine");
        }
        if (apiMin.compareTo(KNOWN) > 0) {
            throw new DockerException(name + " is version " + version.version + " and speaks API " + apiMin
                    + " or newer, but this Uplift speaks " + KNOWN + " at most: upgrade Uplift");
        }
        return version;
    }

    /** The version to speak with it. */
    Api spoken() {
        return api.compareTo(KNOWN) < 0 ? api : KNOWN;
    }
}
