/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.uplift.host.testing.TestSshd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is behind the fence of an application on this machine keeps out all others, wherever they come from. */
class LocalFenceTest {
    private static final UUID INSTALLATION = UUID.randomUUID();
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path temporary;

    private final Hosts hosts = new Hosts();
    private Path directory;
    private Host far;

    @BeforeEach
    void prepare() throws Exception {
        directory = temporary.toRealPath();
        far = hosts.ssh(TestSshd.shared().target());
    }

    @AfterEach
    void disconnect() {
        hosts.close();
    }

    @Test
    void otherThreadWaitsForABoundedTime() throws Exception {
        try (Fence.Held _ = hosts.local().fence(directory).hold(token(1))) {
            assertIsKeptOut(hosts.local());
        }
        hosts.local().fence(directory).hold(token(2)).close();
    }

    @Test
    void whoComesThroughSshWaitsForWhoIsThere() throws Exception {
        try (Fence.Held _ = hosts.local().fence(directory).hold(token(1))) {
            assertIsKeptOut(far);
        }
        far.fence(directory).hold(token(2)).close();
    }

    @Test
    void effectThroughSshIsWaitedFor() throws Exception {
        Path go = directory.resolve("go");
        try (Fence.Held held = far.fence(directory).hold(token(1))) {
            CompletableFuture<Exec.Result> effect = CompletableFuture.supplyAsync(() -> {
                try {
                    return held.run(Exec.of(
                            LONG,
                            "sh",
                            "-c",
                            "touch \"$1.begun\"; until [ -e \"$1\" ]; do sleep 0.05; done",
                            "sh",
                            go.toString()));
                } catch (Exception e) {
                    throw new CompletionException(e);
                }
            });
            await().atMost(LONG).until(() -> Files.exists(directory.resolve("go.begun")));
            assertIsKeptOut(hosts.local());
            Files.createFile(go);
            assertThat(effect).succeedsWithin(LONG).matches(Exec.Result::succeeded);
        }
        hosts.local().fence(directory).hold(token(2)).close();
    }

    @Test
    void lockThroughSshIsWaitedFor() throws Exception {
        Fence.Held held = far.fence(directory).hold(token(1));
        try (Fence.Locked _ = held.lock()) {
            assertIsKeptOut(hosts.local());
        }
        hosts.local().fence(directory).hold(token(2)).close();
        assertThatExceptionOfType(FencedException.class).isThrownBy(held::lock);
    }

    @Test
    void closingTwiceOpensNothingOfOthers() throws Exception {
        Fence.Held first = hosts.local().fence(directory).hold(token(1));
        first.close();
        try (Fence.Held _ = hosts.local().fence(directory).hold(token(1))) {
            first.close();
            assertIsKeptOut(hosts.local());
        }
    }

    private void assertIsKeptOut(Host host) {
        assertThatExceptionOfType(FenceBusyException.class)
                .isThrownBy(() -> host.fence(directory)
                        .waiting(Duration.ofMillis(50))
                        .hold(token(2))
                        .close());
    }

    private static FenceToken token(long epoch) {
        return new FenceToken(INSTALLATION, epoch, 0, 1, 1);
    }
}
