/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.Json;
import dev.uplift.contract.api.StandaloneStatus;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that every command has which talks to an orchestrator. */
final class ServerOptions {
    private static final URI DEFAULT_SERVER = URI.create("http://127.0.0.1:8480");

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec mixee;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "The orchestrator. Default: $UPLIFT_SERVER, else the standalone that runs with --home, else "
                    + "http://127.0.0.1:8480.")
    private @Nullable URI server;

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Where the standalone keeps its data. Default: $UPLIFT_HOME, else ~/.uplift.")
    private @Nullable Path home;

    @Option(names = "--json", description = "Print results as JSON, one document per line.")
    private boolean json;

    Api api() {
        return new Api(server());
    }

    Output output() {
        var commandLine = spec().commandLine();
        return new Output(commandLine.getOut(), commandLine.getErr(), json);
    }

    Path home() {
        if (home != null) {
            return home.toAbsolutePath().normalize();
        }
        String named = System.getenv("UPLIFT_HOME");
        return named == null || named.isBlank()
                ? Path.of(System.getProperty("user.home"), ".uplift")
                : Path.of(named).toAbsolutePath().normalize();
    }

    private URI server() {
        if (server != null) {
            return requireWeb(server.toString(), "--server");
        }
        String named = System.getenv("UPLIFT_SERVER");
        if (named != null && !named.isBlank()) {
            return requireWeb(named, "$UPLIFT_SERVER");
        }
        return standalone(home()).map(StandaloneStatus::api).orElse(DEFAULT_SERVER);
    }

    private static URI requireWeb(String text, String source) {
        try {
            URI url = new URI(text);
            boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (web
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && url.getQuery() == null
                    && url.getFragment() == null) {
                return URI.create(text.replaceFirst("/+$", ""));
            }
        } catch (URISyntaxException e) {
            // Said below, as for every other text that is no such URL.
        }
        throw new CommandFailedException(
                ExitCode.USAGE,
                source + " is no http or https URL such as " + DEFAULT_SERVER + ", without user and password"
                        // A password would be shown on the screen, and in what keeps its output.
                        + (text.contains("@") ? "" : ": " + text));
    }

    private CommandSpec spec() {
        if (mixee == null) {
            throw new IllegalStateException("used outside of a command");
        }
        return mixee;
    }

    /** The process that wrote it, if it lives. One that began later only has the same pid. */
    static Optional<ProcessHandle> process(StandaloneStatus status) {
        return ProcessHandle.of(status.pid())
                .filter(StandaloneProcess::runs)
                .filter(handle -> handle.info()
                        .startInstant()
                        .filter(started -> !started.isAfter(status.startedAt()))
                        .isPresent());
    }

    /** What the standalone with that home says of itself; empty if none is ready. */
    static Optional<StandaloneStatus> standalone(Path home) {
        Path file = home.resolve("run/standalone.json");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            StandaloneStatus status = Json.mapper().readValue(file.toFile(), StandaloneStatus.class);
            return process(status).map(handle -> status);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
