/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A registry that asks for a login, which the product is given by reference and tells nobody else. */
@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PrivateRegistryIT {
    private static final Duration END_MAX = Duration.ofMinutes(3);
    private static final String NAME = "container-private";
    private static final String OWNERS = "rw-------";

    private StandInContainers standIns;
    private Installed installed;

    @BeforeAll
    void open() {
        standIns = StandInContainers.openPrivate();
        standIns.registry().standIn(StandInContainers.NEW);
        installed = standIns.install(NAME, "");
    }

    @AfterAll
    void close() throws IOException {
        Files.deleteIfExists(standIns.product().privateLogin());
        standIns.close();
    }

    static Stream<Arguments> logins() {
        String nobodys = "cd".repeat(32);
        String wrong = Registry.USER + ":guessed";
        return Stream.of(
                Arguments.of("none", null, OWNERS, null, StepName.FETCH, "cannot be had"),
                Arguments.of(
                        "one that others can read",
                        Registry.USER + ":" + Registry.PASSWORD,
                        "rw-r--r--",
                        null,
                        StepName.FETCH,
                        "can be read by others than its owner"),
                Arguments.of("no login at all", "guessed", OWNERS, null, StepName.FETCH, "is no login"),
                Arguments.of(
                        "a wrong one, for the tag",
                        wrong,
                        OWNERS,
                        null,
                        StepName.FETCH,
                        "another one than it was given"),
                Arguments.of(
                        "a wrong one, for the digest",
                        wrong,
                        OWNERS,
                        nobodys,
                        StepName.STAGE,
                        "is the given one right?"));
    }

    @Order(1)
    @ParameterizedTest(name = "{0}")
    @MethodSource("logins")
    void aLoginThatIsNotRightIsFoundOutBeforeTheStop(
            String what, @Nullable String login, String mode, @Nullable String sha256, StepName step, String words)
            throws Exception {
        JsonNode before = standIns.inspect(NAME);
        write(login, mode);

        UpgradeStatus ended = standIns.product()
                .awaitEnd(
                        standIns.product()
                                .beginUpgrade(
                                        sha256 == null
                                                ? StandInContainers.request(NAME, StandInContainers.NEW)
                                                : standIns.pinned(NAME, "v0.51.2", sha256)),
                        END_MAX);

        assertThat(ended.state()).as("%s: %s", what, ended).isEqualTo(State.ROLLED_BACK);
        Failure failure = Objects.requireNonNull(ended.failure());
        assertThat(failure.step()).as("%s", failure).isEqualTo(step);
        assertThat(failure.code()).as("%s", failure).isEqualTo(ErrorCode.ARTIFACT_UNAVAILABLE);
        assertThat(failure.detail()).contains(words).doesNotContain("guessed", Registry.PASSWORD);
        assertThat(standIns.inspect(NAME).at("/State/StartedAt")).isEqualTo(before.at("/State/StartedAt"));
    }

    @Order(2)
    @Test
    void theRightLoginIsUsedAndFoundNowhere() throws Exception {
        String login = Registry.USER + ":" + Registry.PASSWORD;
        write(login, OWNERS);
        UpgradeStatus ended;
        try (CommandLines seen = CommandLines.watch()) {
            ended = installed.upgrade(StandInContainers.request(NAME, StandInContainers.NEW), State.COMPLETED);
            assertThat(seen.mentioning("metabase.jar"))
                    .as("the positive control")
                    .isNotEmpty();
            assertThat(seen.mentioning(Registry.PASSWORD)).isEmpty();
        }
        try (Wire wire = new Wire(standIns.product())) {
            wire.awaitTaken();
            Map<String, List<String>> found = new Traces(standIns.product(), wire)
                    .find(
                            List.of(
                                    Registry.PASSWORD,
                                    Base64.getEncoder()
                                            .encodeToString(Registry.PASSWORD.getBytes(StandardCharsets.UTF_8)),
                                    Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)),
                                    NAME),
                            List.of(ended.id()));
            assertThat(found).as("the name is the positive control").containsOnlyKeys(NAME);
        }
    }

    private void write(@Nullable String login, String mode) throws IOException {
        Path file = standIns.product().privateLogin();
        Files.deleteIfExists(file);
        if (login != null) {
            Files.writeString(file, Json.mapper().writeValueAsString(Map.of("login", login)));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        }
    }
}
