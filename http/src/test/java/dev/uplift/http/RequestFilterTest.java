/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests as they are on the wire, against the filter before a service that answers everything. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestFilterTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Vertx vertx = Vertx.vertx();
    private final Queue<Refused> refusals = new ConcurrentLinkedQueue<>();
    private final Queue<RoutingContext> held = new ConcurrentLinkedQueue<>();
    private int port;
    private int hastyPort;

    @BeforeAll
    void start() {
        port = listen(Duration.ofHours(1));
        hastyPort = listen(Duration.ofMillis(300));
    }

    private int listen(Duration bodyTimeout) {
        Router router = Router.router(vertx);
        router.route()
                .handler(new RequestFilter(
                        new RequestRules(new OwnHosts(List.of("uplift.example.org"))),
                        new BodyReader(bodyTimeout),
                        refusals::add));
        router.route("/held").handler(held::add);
        router.route()
                .handler(context -> context.response()
                        .end("in "
                                + (context.body().buffer() == null
                                        ? 0
                                        : context.body().length())));
        HttpServer server = vertx.createHttpServer(
                        new HttpServerOptions().setHost("127.0.0.1").setPort(0))
                .requestHandler(router);
        server.listen().toCompletionStage().toCompletableFuture().join();
        return server.actualPort();
    }

    @AfterAll
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', textBlock = """
        POST | 127.0.0.1:8480          |                                                           | 200
        POST | 127.0.0.1               |                                                           | 200
        POST | 127.1.2.3:1             |                                                           | 200
        POST | localhost:8480          |                                                           | 200
        POST | LOCALHOST.:8480         |                                                           | 200
        POST | [::1]:8480              |                                                           | 200
        POST | uplift.example.org      |                                                           | 200
        POST | UPLIFT.example.org:443  |                                                           | 200
        GET  | evil.example            |                                                           | 421
        POST | evil.example:8480       |                                                           | 421
        GET  | localhost.evil.example  |                                                           | 421
        GET  | 127.0.0.1.evil.example  |                                                           | 421
        GET  | 10.1.2.3:8480           |                                                           | 421
        GET  | [::2]                   |                                                           | 421
        GET  | 0x7f.1                  |                                                           | 421
        GET  | user@localhost          |                                                           | 400
        GET  | localhost:99999999      |                                                           | 400
        GET  | localhost, evil.example |                                                           | 400
        GET  |                         |                                                           | 400
        POST | localhost:8480          | Origin: http://localhost:8480                             | 200
        POST | uplift.example.org      | Origin: https://uplift.example.org                        | 200
        POST | localhost:8480          | Origin: https://uplift.example.org                        | 200
        POST | localhost:8480          | Origin: https://evil.example                              | 403
        POST | localhost:8480          | Origin: http://localhost:3000                             | 403
        POST | localhost:8480          | Origin: http://localhost                                  | 403
        POST | localhost:8480          | Origin: http://localhost:8480.evil.example                | 403
        POST | localhost:8480          | Origin: null                                              | 403
        GET  | localhost:8480          | Origin: https://evil.example                              | 403
        POST | localhost:8480          | Sec-Fetch-Site: cross-site                                | 403
        POST | localhost:8480          | Sec-Fetch-Site: same-site                                 | 403
        POST | localhost:8480          | Sec-Fetch-Site: same-origin                               | 200
        POST | localhost:8480          | Sec-Fetch-Site: none                                      | 200
        GET  | localhost:8480          | Sec-Fetch-Site: cross-site                                | 403
        GET  | localhost:8480          | Sec-Fetch-Site: cross-site,Sec-Fetch-Mode: navigate,Sec-Fetch-Dest: document | 200
        POST | localhost:8480          | Sec-Fetch-Site: cross-site,Sec-Fetch-Mode: navigate,Sec-Fetch-Dest: document | 403
        GET  | localhost:8480          | Sec-Fetch-Site: cross-site,Sec-Fetch-Mode: navigate,Sec-Fetch-Dest: iframe   | 403
        POST | localhost:8480          | Content-Type: text/plain                                  | 200
        POST | localhost:8480          | Content-Type: application/x-www-form-urlencoded           | 200
        POST | localhost:8480          | Content-Type: application/json                            | 200
        """)
    void onlyOwnNamesAndOwnPagesAreLetIn(String method, String host, String headers, int status) throws IOException {
        StringBuilder head = new StringBuilder(method + " /x HTTP/1.1\r\n");
        if (host != null) {
            head.append("Host: ").append(host).append("\r\n");
        }
        for (String header : headers == null ? new String[0] : headers.split(",", -1)) {
            head.append(header).append("\r\n");
        }
        assertThat(answer(head + "Connection: close\r\n\r\n")).startsWith("HTTP/1.1 " + status + " ");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        /a%00b                | 400
        /a?q=%00              | 400
        /a%ff                 | 400
        /a?q=%c0%80           | 400
        /a?q=%ed%a0%80        | 400
        /a%zz                 | 400
        /a?q=%                | 400
        /a?q=%4               | 400
        http://localhost/a    | 400
        /a?q=%C3%A4%e2%82%ac+ | 200
        /a%0d%0a?b=%1b        | 200
        """)
    void aTargetIsUtf8WithoutNul(String target, int status) throws IOException {
        assertThat(answer("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void rawBytesInATargetAreRefused() throws IOException {
        assertThat(answer("GET /a?q=\u00e4 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
        none                              | 415
        text/plain                        | 415
        application/jsonp                 | 415
        application/json;charset=utf-16   | 415
        application/json                  | 200
        application/json; charset="UTF-8" | 200
        """)
    void aBodySaysThatItIsJson(String type, int status) throws IOException {
        String header = type == null ? "" : "Content-Type: " + type + "\r\n";
        assertThat(answer("POST /x HTTP/1.1\r\nHost: localhost\r\n" + header
                        + "Connection: close\r\nContent-Length: 2\r\n\r\n{}"))
                .startsWith("HTTP/1.1 " + status + " ");
        assertThat(answer("POST /x HTTP/1.1\r\nHost: localhost\r\n" + header
                        + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void aProbeWithoutAHostIsLetIn() throws IOException {
        assertThat(answer("GET /q/health HTTP/1.0\r\n\r\n")).contains("in 0");
    }

    @Test
    void aRefusalIsAProblemAndIsTold() throws IOException {
        String answer = answer("DELETE /api/v1/x?y HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");

        assertThat(answer)
                .containsIgnoringCase("content-type: application/problem+json")
                .contains("\"status\":421", "\"code\":\"request.foreign-host\"", "uplift.http.allowed-hosts")
                .doesNotContain("evil");
        assertThat(refusals)
                .anySatisfy(refused ->
                        assertThat(refused.method() + " " + refused.path()).isEqualTo("DELETE /api/v1/x"));
    }

    @Test
    void aBodyOfAnyAllowedLengthIsWholeAndALongerOneIsRefused() throws IOException {
        String most = "x".repeat(BodyReader.BODY_BYTES_MAX);
        assertThat(answer(post(most.length()) + most)).contains("in " + most.length());
        assertThat(answer(post(most.length() + 1))).startsWith("HTTP/1.1 413 ");
        assertThat(answer("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + ("10000\r\n" + "x".repeat(0x10000) + "\r\n").repeat(17)))
                .startsWith("HTTP/1.1 413 ");
    }

    @Test
    void aCallerThatAsksWhetherToSendIsTold() throws IOException {
        try (Socket caller = connect(port)) {
            send(caller, post(2).replace("Connection", "Expect: 100-continue\r\nConnection"));
            InputStream in = caller.getInputStream();
            assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 100");
            send(caller, "{}");
            assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).contains("HTTP/1.1 200");
        }
    }

    @Test
    void unfinishedBodiesHoldUpNobody() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                Socket caller = connect(port);
                slow.add(caller);
                send(caller, post(1_000) + "{");
            }
            assertThat(answer("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                    .contains("in 0");
            assertThat(answer(post(2) + "{}")).contains("in 2");
        } finally {
            close(slow);
        }
    }

    @Test
    void anUnfinishedBodyIsGivenUp() throws IOException {
        try (Socket caller = connect(hastyPort)) {
            send(caller, post(1_000) + "{");
            assertThat(text(caller)).startsWith("HTTP/1.1 408 ").contains("request.too-slow");
        }
    }

    @Test
    void wholeBodiesThatWaitAreBoundedTogether() throws IOException {
        String most = "x".repeat(BodyReader.BODY_BYTES_MAX);
        List<Socket> holding = new ArrayList<>();
        List<Socket> callers = new ArrayList<>();
        try {
            hold(64, holding);
            for (int i = 0; i < 40; i++) {
                Socket caller = connect(port);
                callers.add(caller);
                send(caller, post(most.length()) + most);
            }
            Awaitility.await().atMost(SOON).until(() -> answered(callers).size() >= 8);
            for (Socket refused : answered(callers)) {
                assertThat(text(refused)).startsWith("HTTP/1.1 503 ").contains("service.busy");
                callers.remove(refused);
            }
            assertThat(callers).isNotEmpty();

            letGo(holding);
            for (Socket caller : callers) {
                assertThat(text(caller)).contains("in " + most.length());
            }
            assertThat(answer(post(most.length()) + most)).contains("in " + most.length());
        } finally {
            close(holding);
            close(callers);
        }
    }

    @Test
    void healthAnswersWhileAllPlacesAreTakenAndWhoWaitsGetsHisTurn() throws IOException {
        List<Socket> callers = new ArrayList<>();
        try {
            hold(70, callers);

            assertThat(answer("GET /q/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                    .contains("in 0");

            assertThat(held).hasSize(64);
            letGo(callers);
        } finally {
            close(callers);
        }
    }

    /** Takes all places by requests that get no answer. */
    private void hold(int count, List<Socket> callers) throws IOException {
        for (int i = 0; i < count; i++) {
            Socket caller = connect(port);
            callers.add(caller);
            send(caller, "GET /held HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        }
        Awaitility.await().atMost(SOON).until(() -> held.size() == 64);
    }

    private void letGo(List<Socket> callers) {
        Awaitility.await().atMost(SOON).until(() -> {
            for (RoutingContext one = held.poll(); one != null; one = held.poll()) {
                RoutingContext done = one;
                one.vertx().runOnContext(_ -> done.response().end("done"));
            }
            return answered(callers).size() == callers.size();
        });
    }

    private static List<Socket> answered(List<Socket> callers) {
        return callers.stream().filter(RequestFilterTest::answered).toList();
    }

    private static boolean answered(Socket caller) {
        try {
            return caller.isClosed() || caller.getInputStream().available() > 0;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String post(int length) {
        return "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + "Content-Length: " + length + "\r\n\r\n";
    }

    private String answer(String request) throws IOException {
        try (Socket caller = connect(port)) {
            send(caller, request);
            return text(caller);
        }
    }

    private static String text(Socket caller) throws IOException {
        return new String(caller.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    private static void close(List<Socket> callers) throws IOException {
        for (Socket caller : callers) {
            caller.close();
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket caller = new Socket(InetAddress.getLoopbackAddress(), port);
        caller.setSoTimeout((int) SOON.toMillis());
        return caller;
    }

    private static void send(Socket caller, String bytes) throws IOException {
        caller.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        caller.getOutputStream().flush();
    }
}
