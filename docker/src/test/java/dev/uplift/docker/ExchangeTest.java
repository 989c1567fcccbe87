/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ExchangeTest {
    private static final DockerHttpClient.Request STOP = DockerHttpClient.Request.builder()
            .method(DockerHttpClient.Request.Method.POST)
            .path("/v1.41/containers/app/stop?t=10")
            .build();

    @Test
    void whatWasAskedIsSaidWithoutVersionAndParametersAndThatItWasHeard() {
        Exchange exchange = new Exchange("it", new AnsweringEngine(204, ""), 100);
        assertThat(exchange.reached()).isFalse();
        exchange.execute(STOP);
        assertThat(exchange.asked()).isEqualTo("POST /containers/app/stop");
        assertThat(exchange.reached()).isTrue();
    }

    @Test
    void everyCommandHasItsOwnConnectionAndARefusalIsHeardBeforeABodyIsSent() {
        AnsweringEngine engine = new AnsweringEngine(200, "");
        new Exchange("it", engine, 100)
                .execute(DockerHttpClient.Request.builder()
                        .from(STOP)
                        .body(InputStream.nullInputStream())
                        .build());
        assertThat(engine.requests().getFirst().headers())
                .containsEntry("Connection", "close")
                .containsEntry("Expect", "100-continue");
    }

    @Test
    void aRefusalIsToldInTheEnginesWordsAndCut() {
        assertThatThrownBy(() ->
                        new Exchange("it", new AnsweringEngine(409, "{\"message\":\"is paused\"}"), 100).execute(STOP))
                .isInstanceOf(UncheckedIOException.class)
                .cause()
                .isInstanceOf(DockerRefusedException.class)
                .hasMessage("it: is paused");
        assertThatThrownBy(() -> new Exchange("it", new AnsweringEngine(500, "x".repeat(1 << 20)), 100).execute(STOP))
                .cause()
                .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(3000));
        assertThatThrownBy(() -> new Exchange("it", new AnsweringEngine(500, ""), 100).execute(STOP))
                .cause()
                .hasMessage("it: POST /containers/app/stop gave status 500");
    }

    @Test
    void whatIsSoAlreadyIsNoRefusal() {
        assertThat(new Exchange("it", new AnsweringEngine(304, ""), 100)
                        .execute(STOP)
                        .getStatusCode())
                .isEqualTo(304);
    }

    @Test
    void anAnswerWithoutEndIsLeft() throws Exception {
        try (DockerHttpClient.Response answer =
                new Exchange("it", new AnsweringEngine(200, "x".repeat(101)), 100).execute(STOP)) {
            assertThatThrownBy(() -> answer.getBody().readAllBytes())
                    .isInstanceOf(DockerException.class)
                    .hasMessageContaining("without end");
        }
    }

    @Test
    void whatIsLeftOfAnAnswerIsNotRead() throws Exception {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public void close() {
                throw new AssertionError("this one would be read to its end");
            }
        };
        AtomicBoolean aborted = new AtomicBoolean();
        Exchange exchange = new Exchange("it", new AnsweringEngine(200, endless, aborted), Long.MAX_VALUE);
        try (InputStream body = exchange.execute(STOP).getBody()) {
            assertThat(body.read()).isEqualTo('x');
        }
        assertThat(aborted).isTrue();
    }

    @Test
    void nothingIsSentAfterItWasGivenUp() {
        AnsweringEngine engine = new AnsweringEngine(200, "");
        Exchange exchange = new Exchange("it", engine, 100);
        exchange.giveUp();
        assertThatThrownBy(() -> exchange.execute(STOP)).isInstanceOf(UncheckedIOException.class);
        assertThat(engine.requests()).isEmpty();
    }
}
