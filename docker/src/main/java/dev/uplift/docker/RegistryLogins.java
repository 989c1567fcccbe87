package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HUB = "docker.io";
    private static final String HUB_ADDRESS = "https://index.docker.io/v1/";
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
     * registry.example.com:5000=env:REGISTRY_LOGIN}, and for all others what {@code docker login} has written for this
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
     * exists. Credential helpers are not run: a registry that needs one is asked as nobody.
     */
    public RegistryLogins withDockerConfig(Path configJson) {
        return new RegistryLogins(keeper, references, configJson);
    }

    /**
     * What an image's registry is told, as an engine wants it in {@code X-Registry-Auth}.
     *
     * @throws IOException if there is a login for it that cannot be read
     */
    Optional<String> header(ImageReference image) throws IOException {
        Optional<Login> login = login(image);
        return login.isPresent() ? Optional.of(login.get().header(image)) : Optional.empty();
    }

    /**
     * What an image's registry, or the server that it sends its users to, is told in {@code Authorization}; empty: there
     * is no login for it, or one with a token that only an engine can use.
     *
     * @throws IOException if there is a login for it that cannot be read
     */
    public Optional<String> authorization(ImageReference image) throws IOException {
        return login(image)
                .filter(login -> login.identityToken().isEmpty())
                .map(login -> "Basic "
                        + Base64.getEncoder()
                                .encodeToString(login.userAndPassword().getBytes(StandardCharsets.UTF_8)));
    }

    private Optional<Login> login(ImageReference image) throws IOException {
        String reference = references.get(image.registry());
        if (reference != null) {
            String text = Secrets.resolve(keeper, reference).reveal();
            return Optional.of(new Login(userAndPassword(text, reference), ""));
        }
        return dockerConfig == null ? Optional.empty() : fromDockerConfig(image, dockerConfig);
    }

    private Optional<Login> fromDockerConfig(ImageReference image, Path file) throws IOException {
        JsonNode config;
        try {
            config = JSON.readTree(keeper.files().read(file, CONFIG_BYTES_MAX));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw new DockerException(
                    file + " is no JSON (line " + e.getLocation().getLineNr() + ")");
        }
        String registry = image.registry();
        String[] names = registry.equals(HUB)
                ? new String[] {HUB_ADDRESS, "index.docker.io", HUB}
                : new String[] {registry, "https://" + registry, "http://" + registry, "https://" + registry + "/v2/"};
        for (String name : names) {
            JsonNode entry = config.path("auths").path(name);
            String identityToken = entry.path("identitytoken").asText("");
            if (entry.hasNonNull("auth") || !identityToken.isEmpty()) {
                String text = entry.path("auth").asText(":");
                return Optional.of(new Login(userAndPassword(text, file + "#/auths/" + name), identityToken));
            }
        }
        return Optional.empty();
    }

    /**
     * What a registry is told.
     *
     * @param identityToken instead of the password; empty: none
     */
    private record Login(String userAndPassword, String identityToken) {
        String header(ImageReference image) throws IOException {
            int colon = userAndPassword.indexOf(':');
            ObjectNode login = JSON.createObjectNode();
            login.put("serveraddress", image.registry().equals(HUB) ? HUB_ADDRESS : image.registry());
            if (identityToken.isEmpty()) {
                login.put("username", userAndPassword.substring(0, colon));
                login.put("password", userAndPassword.substring(colon + 1));
            } else {
                login.put("identitytoken", identityToken);
            }
            return Base64.getUrlEncoder().encodeToString(JSON.writeValueAsBytes(login));
        }
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
