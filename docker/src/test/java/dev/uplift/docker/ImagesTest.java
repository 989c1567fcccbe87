/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.host.LocalHost;
import dev.uplift.testbed.containers.RequiresDocker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Against a real registry, once open and once with a login. */
@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImagesTest {
    private static final String PLATFORM = "linux/amd64";
    private static final RegistryLogins NOBODY = RegistryLogins.none(new LocalHost());
    private static final String ABSENT = "sha256:" + "ab".repeat(32);

    @TempDir
    private static Path directory;

    private TestEngine test;
    private Images images;
    private TestRegistry registry;

    /** A tag whose digest is known; the image itself is not on the engine any more. */
    private ImageReference tagged;

    private ImageReference pinned;

    @BeforeAll
    void prepare() throws Exception {
        test = new TestEngine();
        images = test.engine.images();
        registry = TestRegistry.start(directory.resolve("registry"), TestRegistry.freePort(), false);
        tagged = test.image(registry.address() + "/app", "1");
        pinned = test.push(tagged);
        images.remove(tagged);
        images.remove(pinned);
    }

    @AfterAll
    void clean() throws Exception {
        test.close();
        registry.close();
    }

    @Test
    void aTagIsResolvedWithoutPulling() throws Exception {
        ImageReference resolved = images.resolve(tagged, NOBODY);
        assertThat(resolved.digest()).isEqualTo(pinned.digest());
        assertThat(resolved.tag()).isEqualTo("1");
        assertThat(images.resolve(pinned, NOBODY)).isEqualTo(pinned);
        assertThatThrownBy(() -> images.resolve(ImageReference.parse(registry.address() + "/app:absent"), NOBODY))
                .isInstanceOf(DockerException.class)
                .hasMessageContaining("published");
    }

    @Test
    void anImageIsPulledByDigestWithProgressAndProven() throws Exception {
        AtomicLong bytes = new AtomicLong();
        ImageInspection image =
                images.pull(pinned, NOBODY, PLATFORM, (done, total) -> bytes.set(Math.max(done, total)));
        assertThat(image.is(pinned)).isTrue();
        assertThat(image.id()).startsWith("sha256:");
        assertThat(bytes.get()).isPositive();
        AtomicLong again = new AtomicLong();
        assertThat(images.pull(pinned, NOBODY, PLATFORM, (_, total) -> again.set(total))
                        .id())
                .isEqualTo(image.id());
        assertThat(again.get()).isZero();
        assertThatThrownBy(() -> images.pull(pinned, NOBODY, "linux/arm64", (_, _) -> {}))
                .hasMessageContaining("needed is linux/arm64");
    }

    @Test
    void whatTheRegistryDoesNotHaveIsNotPulled() throws Exception {
        ImageReference absent = ImageReference.parse(registry.address() + "/app@" + ABSENT);
        assertThatThrownBy(() -> images.pull(absent, NOBODY, PLATFORM, (_, _) -> {}))
                .isInstanceOf(DockerException.class)
                .hasMessageContaining("cannot be had from its registry");
        assertThat(images.find(absent)).isEmpty();
    }

    @Test
    void aTagThatMovedDoesNotChangeWhatIsPulled() throws Exception {
        ImageReference before = test.push(test.image(registry.address() + "/moving", "latest"));
        ImageReference after = test.push(test.image(registry.address() + "/moving", "latest", "ENV MOVED=1"));
        assertThat(after.digest()).isNotEqualTo(before.digest());
        ImageInspection image = images.pull(before, NOBODY, PLATFORM, (_, _) -> {});
        assertThat(image.config().path("Env").toString()).doesNotContain("MOVED");
    }

    @Test
    void aPrivateRegistryWantsALoginByReferenceByFileOrByHelper() throws Exception {
        Path data = directory.resolve("private");
        int port = TestRegistry.freePort();
        ImageReference secret;
        ImageReference digest;
        try (TestRegistry open = TestRegistry.start(data, port, false)) {
            secret = test.image(open.address() + "/team/app", "1");
            digest = test.push(secret);
        }
        images.remove(secret);
        images.remove(digest);
        try (TestRegistry closed = TestRegistry.start(data, port, true)) {
            assertThatThrownBy(() -> images.pull(digest, NOBODY, PLATFORM, (_, _) -> {}))
                    .isInstanceOf(DockerException.class)
                    .hasMessageContaining("need a login");

            Path secrets = secretFile("{\"registry\":\"fleet:secret\",\"wrong\":\"fleet:wr0ng-canary\"}");
            assertThatThrownBy(
                            () -> images.resolve(secret, NOBODY.with(closed.address(), "file:" + secrets + "#/wrong")))
                    .isInstanceOf(DockerException.class)
                    .hasMessageNotContaining("wr0ng-canary");
            RegistryLogins byReference = NOBODY.with(closed.address(), "file:" + secrets + "#/registry");
            assertThat(images.resolve(secret, byReference).digest()).isEqualTo(digest.digest());

            String auth = Base64.getEncoder().encodeToString("fleet:secret".getBytes(StandardCharsets.UTF_8));
            Path config = secretFile("{\"auths\":{\"" + closed.address() + "\":{\"auth\":\"" + auth + "\"}}}");
            assertThat(images.pull(digest, NOBODY.withDockerConfig(config), PLATFORM, (_, _) -> {})
                            .is(digest))
                    .isTrue();

            images.remove(digest);
            TestHelpers helpers = new TestHelpers(directory.resolve("helpers"));
            helpers.script(
                    "fleet",
                    "[ \"$1 $(cat)\" = \"get " + closed.address()
                            + "\" ] && echo '{\"Username\":\"fleet\",\"Secret\":\"secret\"}'");
            Path helped = secretFile("{\"credHelpers\":{\"" + closed.address() + "\":\"fleet\"}}");
            RegistryLogins byHelper = helpers.logins(helped);
            assertThat(images.resolve(secret, byHelper).digest()).isEqualTo(digest.digest());
            assertThat(images.pull(digest, byHelper, PLATFORM, (_, _) -> {}).is(digest))
                    .isTrue();
        }
    }

    @Test
    void aLoginIsForItsOwnRegistryOnly() throws Exception {
        Path secrets = secretFile("{\"registry\":\"fleet:secret\"}");
        RegistryLogins logins = NOBODY.with("registry.example.com", "file:" + secrets + "#/registry");
        assertThat(logins.login(ImageReference.parse("registry.example.com/app")))
                .isPresent();
        assertThat(logins.login(ImageReference.parse("registry.example.com:5000/app")))
                .isEmpty();
        assertThat(logins.login(ImageReference.parse("app"))).isEmpty();
    }

    private static Path secretFile(String json) throws Exception {
        Path file = Files.createTempFile(
                directory,
                "secret",
                ".json",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, json);
    }
}
