/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.artifact.address.AddressPolicy;
import dev.uplift.artifact.address.TestAddresses;
import dev.uplift.artifact.testing.ArtifactWorld;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.contract.ErrorCode;
import dev.uplift.worker.StepFailure;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over real TLS: the connection goes to the address that was judged, and to no other. */
final class RebindingTest {
    private static final String HOST = "releases.example";
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path directory;

    private static SSLContext tls;
    private static RawServer server;

    @BeforeAll
    static void start() throws Exception {
        tls = certificateFor(HOST);
        ServerSocket socket = tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        server = new RawServer(socket, RawServer.ok(new byte[] {1, 2, 3}));
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @Test
    void theNameIsLookedUpOnceAndItsJudgedAddressIsUsed() throws Exception {
        TestAddresses addresses = TestAddresses.changing("127.0.0.1", "127.0.0.2");
        try (HttpSource source = source(addresses);
                HttpSource.Reply reply = source.ask("GET", url(HOST), Map.of(), () -> false)) {
            assertThat(reply.status()).isEqualTo(200);
        }
        assertThat(addresses.lookUps()).containsExactly(HOST);
        assertThat(server.requests().getLast().header("host")).isEqualTo(HOST + ":" + server.port());
    }

    @Test
    void aNameThatHasBecomePrivateIsRefusedAtTheNextRequest() throws Exception {
        int before = server.requests().size();
        TestAddresses addresses = TestAddresses.changing("127.0.0.1", "127.0.0.2");
        try (HttpSource source = source(addresses)) {
            source.ask("GET", url(HOST), Map.of(), () -> false).close();
            assertRefused(source, HOST, ErrorCode.ARTIFACT_ADDRESS_REFUSED, "is at 127.0.0.2");
        }
        assertThat(server.requests()).hasSize(before + 1);
    }

    @Test
    void aRedirectToANameAtAPrivateAddressIsRefused() throws Exception {
        RawServer.Answer usual = RawServer.ok(new byte[] {1, 2, 3});
        server.answer(RawServer.status("302 Found", "Location: https://inside.example:" + server.port() + "/x"));
        try (HttpSource source = source(TestAddresses.changing("127.0.0.1", "127.0.0.2"))) {
            assertRefused(source, HOST, ErrorCode.ARTIFACT_ADDRESS_REFUSED, "inside.example is at 127.0.0.2");
        } finally {
            server.answer(usual);
        }
    }

    @Test
    void aCertificateForAnotherNameIsRefused() throws Exception {
        try (HttpSource source = source(TestAddresses.changing("127.0.0.1"))) {
            assertRefused(source, "other.example", ErrorCode.ARTIFACT_UNAVAILABLE, "is not trusted");
        }
    }

    @Test
    void aCertificateThatNobodyTrustsIsRefused() throws Exception {
        try (HttpSource source = new HttpSource(
                new AddressPolicy(List.of()),
                ArtifactWorld.LIMITS,
                TestAddresses.changing("127.0.0.1").judged(),
                SSLContext.getDefault())) {
            assertRefused(source, HOST, ErrorCode.ARTIFACT_UNAVAILABLE, "is not trusted");
        }
    }

    private static void assertRefused(HttpSource source, String host, ErrorCode code, String detail) {
        assertThatThrownBy(() -> source.ask("GET", url(host), Map.of(), () -> false))
                .isInstanceOfSatisfying(StepFailure.class, failed -> {
                    assertThat(failed.detail()).contains(detail);
                    assertThat(failed.code()).isEqualTo(code);
                });
    }

    private static HttpSource source(TestAddresses addresses) {
        return new HttpSource(new AddressPolicy(List.of()), ArtifactWorld.LIMITS, addresses.judged(), tls);
    }

    private static URI url(String host) {
        return URI.create("https://" + host + ":" + server.port() + "/x");
    }

    /** Both the server's and, since it signs itself, the client's. */
    private static SSLContext certificateFor(String host) throws Exception {
        Path file = directory.resolve("keys.p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process process = new ProcessBuilder(
                        keytool.toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD),
                        "-alias",
                        "one",
                        "-validity",
                        "2")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        assertThat(process.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("one", keys.getCertificate("one"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
