/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.core.DockerConfigFile;
import dev.uplift.host.Host;
import dev.uplift.host.Secrets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How to log in to registries. Looked up anew for every use, so that a renewed login counts at once; a login
 * is only ever given to the registry that it is for.
 */
public final class RegistryLogins {
    private static final ObjectMapper JSON =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
    static final String HUB = "docker.io";
    static final String HUB_ADDRESS = AuthConfig.DEFAULT_SERVER_ADDRESS;
    private static final int CONFIG_BYTES_MAX = 1_000_000;
    private static final Path DOCKER_CONFIG = Path.of(System.getProperty("user.home"), ".docker", "config.json");
    private static final Pattern ENTRY =
            Pattern.compile("(?<registry>[A-Za-z0-9.:\\[\\]-]+)=(?<reference>(?:env:|file:/).+)");

    private final Host keeper;
    private final Map<String, String> references;
    private final @Nullable Path dockerConfig;

    private RegistryLogins(Host keeper, Map<String, String> references, @Nullable Path dockerConfig) {
        this.keeper = keeper;
        this.references = references;
        this.dockerConfig = dockerConfig;
    }

    /**
     * Asks every registry as nobody in particular.
     *
     * @param keeper the host that keeps the secrets and files which are named later
     */
    public static RegistryLogins none(Host keeper) {
        return new RegistryLogins(keeper, Map.of(), null);
    }

    /**
     * As an operator configures it: one {@code REGISTRY=REFERENCE} for each registry, such as {@code
     * registry.example.com:5000=env:REGISTRY_LOGIN}, and for all others what Docker's {@code config.json} says of this
     * process's user.
     *
     * @throws IllegalArgumentException if an entry names no registry, one that another entry names, or no secret
     */
    public static RegistryLogins configured(Host keeper, List<String> entries) {
        RegistryLogins logins = none(keeper).withDockerConfig(DOCKER_CONFIG);
        for (String entry : entries) {
            Matcher matcher = ENTRY.matcher(entry.strip());
            if (!matcher.matches() || logins.references.containsKey(matcher.group("registry"))) {
                throw new IllegalArgumentException(
                        "uplift.registry.logins has one REGISTRY=REFERENCE for each registry,"
                                + " where the reference of the secret is env:NAME or file:/path#/json/pointer");
            }
            logins = logins.with(matcher.group("registry"), matcher.group("reference"));
        }
        return logins;
    }

    /**
     * Logs in to one registry with what a reference of {@link Secrets} leads to: {@code user:password}, plain
     * or in Base64 as in {@code auths/REGISTRY/auth} of Docker's own {@code config.json}.
     */
    public RegistryLogins with(String registry, String secretReference) {
        Map<String, String> more = new LinkedHashMap<>(references);
        more.put(registry, secretReference);
        return new RegistryLogins(keeper, Map.copyOf(more), dockerConfig);
    }

    /**
     * Logs in to all other registries as {@code docker login} has it in this {@code config.json}, if the file
     * exists: by the {@link CredentialHelper} that it names for a registry, or with what it keeps itself.
     */
    public RegistryLogins withDockerConfig(Path configJson) {
        return new RegistryLogins(keeper, references, configJson);
    }

    /**
     * Who we are to an image's registry; empty: nobody in particular.
     *
     * @throws IOException if there is a login for it that cannot be had
     */
    Optional<AuthConfig> login(ImageReference image) throws IOException, InterruptedException {
        String reference = references.get(image.registry());
        Optional<AuthConfig> login = Optional.empty();
        if (reference != null) {
            login = Optional.of(
                    decoded(new AuthConfig(), Secrets.resolve(keeper, reference).reveal(), reference));
        } else if (dockerConfig != null) {
            login = fromDockerConfig(image.registry(), dockerConfig);
        }
        return login.map(
                found -> found.withRegistryAddress(image.registry().equals(HUB) ? HUB_ADDRESS : image.registry()));
    }

    /**
     * What an image's registry, or the server that it sends its users to, is told in {@code Authorization}; empty: there
     * is no login for it, or one with a token that only an engine can use.
     *
     * @throws IOException if there is a login for it that cannot be had
     */
    public Optional<String> authorization(ImageReference image) throws IOException, InterruptedException {
        return login(image)
                .filter(login -> login.getIdentitytoken() == null)
                .map(login -> login.getUsername() + ":" + login.getPassword())
                .map(text -> "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
    }

    private Optional<AuthConfig> fromDockerConfig(String registry, Path file) throws IOException, InterruptedException {
        byte[] bytes;
        try {
            bytes = keeper.files().read(file, CONFIG_BYTES_MAX);
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
        DockerConfigFile config;
        Optional<CredentialHelper> helper;
        try {
            config = JSON.readValue(bytes, DockerConfigFile.class);
            helper = CredentialHelper.named(JSON.readTree(bytes), registry, file);
        } catch (JacksonException e) {
            throw new DockerException(file + " is no configuration of Docker (line "
                    + e.getLocation().getLineNr() + ")");
        }
        Optional<AuthConfig> login = helper.isPresent() ? helper.get().login(keeper) : Optional.empty();
        return login.isPresent() ? login : kept(config, registry, file);
    }

    private static Optional<AuthConfig> kept(DockerConfigFile config, String registry, Path file)
            throws DockerException {
        for (String name : registry.equals(HUB) ? List.of("index.docker.io", HUB) : List.of(registry)) {
            AuthConfig entry = config.resolveAuthConfig(name);
            if (entry != null && entry.getAuth() != null) {
                return Optional.of(decoded(entry, entry.getAuth(), file + "#/auths/" + name));
            }
            if (entry != null && entry.getIdentitytoken() != null) {
                return Optional.of(entry);
            }
        }
        return Optional.empty();
    }

    private static AuthConfig decoded(AuthConfig login, String text, String where) throws DockerException {
        String userAndPassword = userAndPassword(text, where);
        int colon = userAndPassword.indexOf(':');
        return login.withAuth(null)
                .withUsername(userAndPassword.substring(0, colon))
                .withPassword(userAndPassword.substring(colon + 1));
    }

    private static String userAndPassword(String text, String where) throws DockerException {
        String stripped = text.strip();
        if (stripped.indexOf(':') >= 0) {
            return stripped;
        }
        try {
            String decoded = new String(Base64.getDecoder().decode(stripped), StandardCharsets.UTF_8);
            if (decoded.indexOf(':') > 0) {
                return decoded.replaceAll("\\x00+$", "");
            }
        } catch (IllegalArgumentException _) {
            // said below, without the text
        }
        throw new DockerException(where + " is no login: user:password is expected, plain or in Base64");
    }
}
