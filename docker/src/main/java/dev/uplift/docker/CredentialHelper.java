/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.AuthConfig;
import dev.uplift.host.Exec;
import dev.uplift.host.Host;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A program that knows the login of a registry: {@code docker-credential-NAME get} reads the registry and writes the login
 * as JSON. That of ECR, GCR and ACR makes one that lasts for hours, so it is run for every use. What it writes is never
 * told to anybody, since a login may be in it.
 *
 * @param program such as {@code docker-credential-ecr-login}
 * @param registry as the program knows it
 * @param config where it is named
 */
record CredentialHelper(String program, String registry, Path config) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    private static final int ANSWER_BYTES_MAX = 64 << 10;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final String NOTHING_KNOWN = "credentials not found";
    private static final String IS_TOKEN = "<token>";
    private static final int NOT_EXECUTABLE = 126;
    private static final int NOT_FOUND = 127;

    /**
     * The one that a {@code config.json} names for a registry: for this one alone, or for all.
     *
     * @throws DockerException if what it names can be no program
     */
    static Optional<CredentialHelper> named(JsonNode config, String registry, Path file) throws DockerException {
        boolean hub = registry.equals(RegistryLogins.HUB);
        String known = hub ? RegistryLogins.HUB_ADDRESS : registry;
        JsonNode own = config.path("credHelpers");
        String name = own.path(known).asText(own.path(registry).asText(""));
        if (name.isEmpty()) {
            name = config.path("credsStore").asText("");
        }
        if (name.isEmpty()) {
            return Optional.empty();
        }
        if (!NAME.matcher(name).matches()) {
            throw new DockerException(file + " names a credential helper for " + registry
                    + " whose name is none: letters, digits and . _ - are");
        }
        return Optional.of(new CredentialHelper("docker-credential-" + name, known, file));
    }

    /**
     * Asks it.
     *
     * @param keeper the host whose path it is looked for on
     * @return empty if it knows no login for the registry
     * @throws DockerException if it fails, naming it and what to do
     */
    Optional<AuthConfig> login(Host keeper) throws IOException, InterruptedException {
        // env says by its exit code that the program is missing.
        List<String> words = List.of("/usr/bin/env", program, "get");
        Exec.Result answer;
        try {
            answer = keeper.run(new Exec(words, null, null, registry, ANSWER_MAX, ANSWER_BYTES_MAX));
        } catch (IOException e) {
            throw failed("did not answer within " + ANSWER_MAX.toSeconds() + " s, or could not be run", e);
        }
        if (answer.exitCode() == NOT_FOUND || answer.exitCode() == NOT_EXECUTABLE) {
            throw failed("is not on the PATH of this service, or cannot be run there: install it", null);
        }
        if (!answer.succeeded()) {
            if (answer.output().contains(NOTHING_KNOWN)) {
                return Optional.empty();
            }
            throw failed("ended with exit code " + answer.exitCode(), null);
        }
        return Optional.of(read(answer.output()));
    }

    private AuthConfig read(String output) throws DockerException {
        JsonNode login;
        try {
            login = JSON.readTree(output);
        } catch (JacksonException _) {
            throw failed("answered what is no login", null);
        }
        String user = login.path("Username").asText("");
        String secret = login.path("Secret").asText("");
        if (secret.isEmpty()) {
            throw failed("answered what is no login", null);
        }
        return user.equals(IS_TOKEN)
                ? new AuthConfig().withIdentityToken(secret)
                : new AuthConfig().withUsername(user).withPassword(secret);
    }

    private DockerException failed(String how, @Nullable IOException cause) {
        return new DockerException(
                program + ", which " + config + " names for " + registry + ", " + how
                        + "; try it as the user of this service: echo " + registry + " | " + program
                        + " get, or give the login in uplift.registry.logins",
                cause);
    }
}
