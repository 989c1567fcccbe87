/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.systemtests.Cli.Outcome;
import dev.uplift.systemtests.Rest.Answer;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong is refused by REST and by the command: one clear line, written down, and nothing happens. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputIT {
    private static final String NAME = Bystander.NAME;

    private final Product product = Product.shared();
    private final Bystander bystander = Bystander.shared();
    private final Cli uplift = Cli.of(product);

    @BeforeEach
    void look() {
        bystander.look();
    }

    @AfterEach
    void theApplicationHasNotNoticed() {
        bystander.requireUntouched();
    }

    static Stream<Arguments> requests() {
        String upgrades = "/api/v1/upgrades";
        String installations = "/api/v1/installations";
        return Stream.of(
                bad("JSON that ends in the middle", "POST", upgrades, "{\"installations\":[", 400, "request.malformed"),
                bad("no body", "POST", upgrades, "", 400, "request.invalid"),
                bad("an array", "POST", upgrades, "[]", 400, "request.invalid"),
                bad(
                        "two values for one key",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1", ",\"version\":\"v0.51.2\""),
                        400,
                        "request.malformed"),
                bad(
                        "10,000 levels of nesting",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1", ",\"images\":" + "[".repeat(10_000) + "]".repeat(10_000)),
                        400,
                        "request.invalid"),
                bad(
                        "a pin that is spelt wrong",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1", ",\"sha265\":\"" + "a".repeat(64) + "\""),
                        400,
                        "request.invalid"),
                bad(
                        "a class name",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1", ",\"@class\":\"javax.script.ScriptEngineManager\""),
                        400,
                        "request.invalid"),
                bad(
                        "an unknown installation",
                        "POST",
                        upgrades,
                        Bystander.upgrade("nobody", "v0.51.1", ""),
                        409,
                        "upgrade.refused"),
                bad(
                        "no version at all",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "latest", ""),
                        409,
                        "upgrade.refused"),
                bad("a lower major", "POST", upgrades, Bystander.upgrade(NAME, "v0.49.1", ""), 409, "upgrade.refused"),
                bad(
                        "what runs already",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.50.3", ""),
                        409,
                        "upgrade.refused"),
                bad(
                        "another edition",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v1.51.1", ""),
                        409,
                        "upgrade.refused"),
                bad(
                        "an unknown profile",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1", ",\"profile\":\"nobody\""),
                        409,
                        "upgrade.refused"),
                bad(
                        "a version with a line break",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1\\r\\nX: y", ""),
                        400,
                        "request.invalid"),
                bad(
                        "a hash that is none",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1", ",\"sha256\":\"abc\""),
                        400,
                        "request.invalid"),
                bad(
                        "a relative URL",
                        "POST",
                        upgrades,
                        Bystander.upgrade(NAME, "v0.51.1", ",\"url\":\"/metabase.jar\""),
                        400,
                        "request.invalid"),
                bad(
                        "a name with a line break",
                        "POST",
                        installations,
                        registration("a\\r\\nSet-Cookie: b", "/srv/a"),
                        400,
                        "request.invalid"),
                bad(
                        "a name with terminal codes",
                        "POST",
                        installations,
                        registration("\\u001b[31mred", "/srv/a"),
                        400,
                        "request.invalid"),
                bad(
                        "a name with markup",
                        "POST",
                        installations,
                        registration("<script>alert(1)</script>", "/srv/a"),
                        400,
                        "request.invalid"),
                bad(
                        "a path with a NUL",
                        "POST",
                        installations,
                        registration("nul", "/srv/a\\u0000b"),
                        400,
                        "request.invalid"),
                bad(
                        "a path with a NUL and no name",
                        "POST",
                        installations,
                        "{\"directory\":\"/srv/a\\u0000b\"}",
                        400,
                        "request.invalid"),
                bad(
                        "a name that is taken",
                        "POST",
                        installations,
                        registration(NAME, "/srv/a"),
                        409,
                        "installation.exists"),
                bad("neither a directory nor a pid", "POST", installations, "{\"name\":\"a\"}", 400, "request.invalid"),
                bad("a page of no entries", "GET", upgrades + "?limit=0", null, 400, "request.invalid"),
                bad("a page too large", "GET", upgrades + "?limit=100000", null, 400, "request.invalid"),
                bad("a page before the first", "GET", installations + "?offset=-1", null, 400, "request.invalid"),
                bad("SQL to sort by", "GET", upgrades + "?sort=id;drop%20table%20saga", null, 400, "request.invalid"),
                bad("an unknown state", "GET", upgrades + "?state=nothing", null, 400, "request.invalid"),
                bad("an id that is none", "GET", upgrades + "/%0d%0a", null, 404, "upgrade.unknown"),
                bad(
                        "nobody's name, with terminal codes",
                        "GET",
                        installations + "/%1b%5B31m",
                        null,
                        404,
                        "installation.unknown"),
                bad(
                        "nobody's upgrade",
                        "POST",
                        upgrades + "/" + new UUID(0, 1) + "/cancel",
                        null,
                        404,
                        "upgrade.unknown"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void restRefuses(String what, String method, String path, @Nullable String body, int status, String code) {
        long sagas = bystander.sagas();
        long installations = bystander.installations();

        Answer answer = product.rest().send(method, path, body);

        assertThat(answer.status()).as("%s: %s", what, answer).isEqualTo(status);
        assertThat(answer.contentType()).startsWith("application/problem+json");
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"").contains("\"detail\":\"");
        assertThat(answer.body())
                .doesNotContain("Exception", "dev.uplift", "\\tat ", "<script>", "\\u001b", "\\r", "\\n");
        if (method.equals("POST")) {
            bystander.awaitIncident(method + " " + path, code);
        }
        assertThat(bystander.sagas()).isEqualTo(sagas);
        assertThat(bystander.installations()).isEqualTo(installations);
    }

    @Test
    void restRefusesMoreThanAMegabyte() {
        String body = Bystander.upgrade(NAME, "v0.51.1", ",\"x\":\"" + "x".repeat(1_200_000) + "\"");

        Answer answer = product.rest().send("POST", "/api/v1/upgrades", body);

        assertThat(answer.status()).as("%s", answer).isEqualTo(413);
        assertThat(product.rest().send("GET", "/q/health/ready", null).status()).isEqualTo(200);
    }

    static Stream<Arguments> commandLines() {
        return Stream.of(
                commandLine("a wrong option", 2, "--nonsense", "upgrade", NAME, "--to", "v0.51.1", "--nonsense"),
                commandLine("an unknown command", 2, "nonsense", "nonsense"),
                commandLine("a missing option", 2, "--to", "upgrade", NAME),
                commandLine("no number", 2, "--limit", "status", "--limit", "many"),
                commandLine("no hash", 2, "sha256", "plan", NAME, "--to", "v0.51.1", "--sha256", "abc"),
                commandLine("an unknown installation", 1, "nobody", "upgrade", "nobody", "--to", "v0.51.1"),
                commandLine("nobody's status", 1, "nobody", "status", "nobody"),
                commandLine("nobody's backup", 1, "nobody", "restore", "nobody", new UUID(0, 1).toString()),
                commandLine(
                        "a directory without a process",
                        1,
                        "no process runs a JAR",
                        "add",
                        "--name",
                        "bad-add",
                        "/usr/share"),
                commandLine(
                        "an unreachable server",
                        4,
                        "no orchestrator answers at http://127.0.0.1:1",
                        "status",
                        "--server",
                        "http://127.0.0.1:1"),
                commandLine("a server that is no URL", 2, "server", "status", "--server", "localhost:8480"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commandLines")
    void theCommandSaysInOneLineWhatIsWrong(String what, int exit, String word, String[] arguments) {
        Outcome outcome = uplift.run(arguments);

        assertThat(outcome.exit()).as("%s: %s", what, outcome).isEqualTo(exit);
        assertThat(outcome.err().lines().findFirst().orElse("")).contains(word);
        assertThat(outcome.plain()).as("%s", outcome).isTrue();
        if (exit != 2) {
            assertThat(outcome.err().lines()).as("%s", outcome).hasSize(1);
        }
    }

    private static Arguments bad(
            String what, String method, String path, @Nullable String body, int status, String code) {
        return Arguments.of(what, method, path, body, status, code);
    }

    private static Arguments commandLine(String what, int exit, String word, String... arguments) {
        return Arguments.of(what, exit, word, arguments);
    }

    private static String registration(String name, String directory) {
        return "{\"name\":\"" + name + "\",\"directory\":\"" + directory + "\"}";
    }
}
