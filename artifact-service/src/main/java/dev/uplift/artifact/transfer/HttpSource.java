/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.transfer;

import static dev.uplift.artifact.address.AddressPolicy.display;

import dev.uplift.artifact.address.AddressPolicy;
import dev.uplift.artifact.address.AddressRefusedException;
import dev.uplift.artifact.address.PublicAddresses;
import dev.uplift.contract.ErrorCode;
import dev.uplift.worker.StepCancelledException;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.HttpHostConnectException;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.utils.URIUtils;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.ssl.SSLContexts;
import org.apache.hc.core5.util.Timeout;

/**
 * Asks servers that nobody trusts. Redirects are followed one by one and each target is judged like the
 * first address; nothing is decompressed, no cookie is kept, no proxy or password is used, and no
 * request is repeated. Thread-safe.
 */
public final class HttpSource implements AutoCloseable {
    private static final int REDIRECTS_MAX = 5;
    private static final int HEADER_LENGTH_MAX = 16_384;
    private static final int HEADER_COUNT_MAX = 200;
    private static final int BUFFER_BYTES = 1 << 16;

    private final AddressPolicy policy;
    private final TransferLimits limits;
    private final CloseableHttpClient publicOnly;
    private final CloseableHttpClient anyAddress;

    /** Believes the certificates that Java believes. */
    public HttpSource(AddressPolicy policy, TransferLimits limits) {
        this(policy, limits, new PublicAddresses(SystemDefaultDnsResolver.INSTANCE), SSLContexts.createSystemDefault());
    }

    HttpSource(AddressPolicy policy, TransferLimits limits, PublicAddresses publicAddresses, SSLContext tls) {
        this.policy = policy;
        this.limits = limits;
        this.publicOnly = client(limits, publicAddresses, tls);
        this.anyAddress = client(limits, SystemDefaultDnsResolver.INSTANCE, tls);
    }

    /**
     * Asks for {@code url}, following redirects. {@code Authorization} is for the server of {@code url} alone.
     *
     * @param cancelled ends the request when it turns true, also while its body is read
     * @return the answer, whatever its status
     * @throws StepFailure ARTIFACT_ADDRESS_REFUSED, not retryable, if {@code url} or a redirect
     *     leads to where nothing may be fetched from; ARTIFACT_UNAVAILABLE if there is no answer
     * @throws StepCancelledException if it was cancelled
     */
    public Reply ask(String method, URI url, Map<String, String> headers, BooleanSupplier cancelled) {
        URI at = url;
        for (int redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
            Reply reply = askOnce(method, at, sameServer(url, at) ? headers : anonymous(headers), cancelled);
            switch (reply.status()) {
                case 301, 302, 303, 307, 308 -> {
                    reply.close();
                    at = target(at, reply.header("Location"));
                }
                default -> {
                    return reply;
                }
            }
        }
        throw StepFailure.refused(
                ErrorCode.ARTIFACT_UNAVAILABLE, display(url) + " redirects more than " + REDIRECTS_MAX + " times");
    }

    @Override
    public void close() throws IOException {
        publicOnly.close();
        anyAddress.close();
    }

    private static boolean sameServer(URI one, URI other) {
        return one.getScheme().equalsIgnoreCase(other.getScheme())
                && one.getRawAuthority().equalsIgnoreCase(other.getRawAuthority());
    }

    private static Map<String, String> anonymous(Map<String, String> headers) {
        return headers.entrySet().stream()
                .filter(header -> !header.getKey().equalsIgnoreCase("Authorization"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private Reply askOnce(String method, URI url, Map<String, String> headers, BooleanSupplier cancelled) {
        try {
            policy.require(url);
        } catch (AddressRefusedException e) {
            throw StepFailure.refused(ErrorCode.ARTIFACT_ADDRESS_REFUSED, String.valueOf(e.getMessage()));
        }
        HttpUriRequestBase request = new HttpUriRequestBase(method, url);
        headers.forEach(request::setHeader);
        request.setHeader("Accept-Encoding", "identity");
        // A connection that is not used again cannot be found closed by its server.
        request.setHeader("Connection", "close");
        TransferWatch watch = new TransferWatch(limits, cancelled, request::cancel);
        boolean answered = false;
        try {
            CloseableHttpClient client = policy.isAllowedOrigin(url) ? anyAddress : publicOnly;
            ClassicHttpResponse response = client.executeOpen(null, request, null);
            watch.body();
            answered = true;
            return new Reply(url, request, response, watch);
        } catch (AddressRefusedException e) {
            throw StepFailure.refused(ErrorCode.ARTIFACT_ADDRESS_REFUSED, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw failure(url, e, watch);
        } finally {
            if (!answered) {
                watch.close();
            }
        }
    }

    private static URI target(URI from, Optional<String> location) {
        try {
            URI target = new URI(location.orElse(""));
            if (target.toString().isEmpty()) {
                throw new URISyntaxException("", "empty");
            }
            return URIUtils.resolve(from, target);
        } catch (URISyntaxException e) {
            throw StepFailure.refused(
                    ErrorCode.ARTIFACT_UNAVAILABLE, display(from) + " redirects, but not to a valid URL");
        }
    }

    private static StepFailure failure(URI url, IOException problem, TransferWatch watch) {
        String where = display(url);
        Optional<TransferWatch.Verdict> verdict = watch.verdict();
        if (verdict.isPresent()) {
            return switch (verdict.get()) {
                case CANCELLED -> throw new StepCancelledException();
                case IDLE -> unavailable(where + " sent nothing for too long (uplift.artifact.idle-timeout)");
                case SLOW -> unavailable(where + " sends too slowly (uplift.artifact.min-bytes-per-second)");
            };
        }
        return switch (problem) {
            case UnknownHostException _ -> unavailable("the host of " + where + " is not known");
            case ConnectTimeoutException _ -> unavailable(where + " cannot be reached in time");
            case HttpHostConnectException _ -> unavailable(where + " does not accept connections");
            case ConnectException _ -> unavailable(where + " does not accept connections");
            case SocketTimeoutException _ -> unavailable(where + " sent nothing for too long");
            case SSLException tls -> unavailable(where + " is not trusted: " + tls.getMessage());
            default -> unavailable(where + " broke off: " + problem.getClass().getSimpleName());
        };
    }

    private static StepFailure unavailable(String detail) {
        return StepFailure.retryable(ErrorCode.ARTIFACT_UNAVAILABLE, detail);
    }

    private static CloseableHttpClient client(TransferLimits limits, DnsResolver dns, SSLContext tls) {
        Timeout idle = Timeout.of(limits.idleTimeout());
        return HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(dns)
                        .setTlsSocketStrategy(new DefaultClientTlsStrategy(tls))
                        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                                .http1Config(Http1Config.custom()
                                        .setMaxLineLength(HEADER_LENGTH_MAX)
                                        .setMaxHeaderCount(HEADER_COUNT_MAX)
                                        .build())
                                .build())
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(Timeout.of(limits.connectTimeout()))
                                .setSocketTimeout(idle)
                                .build())
                        .setMaxConnTotal(64)
                        .setMaxConnPerRoute(16)
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setResponseTimeout(idle)
                        .setConnectionRequestTimeout(idle)
                        .build())
                .setUserAgent("Uplift")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableContentCompression()
                .disableCookieManagement()
                .disableAuthCaching()
                .build();
    }

    /** An answer whose body has not been read. To be closed, which ends the connection if the body was not read. */
    public static final class Reply implements AutoCloseable {
        private final URI url;
        private final HttpUriRequestBase request;
        private final ClassicHttpResponse response;
        private final TransferWatch watch;

        private Reply(URI url, HttpUriRequestBase request, ClassicHttpResponse response, TransferWatch watch) {
            this.url = url;
            this.request = request;
            this.response = response;
            this.watch = watch;
        }

        /** Who answered, after all redirects. */
        public URI url() {
            return url;
        }

        public int status() {
            return response.getCode();
        }

        /** A header's value; empty if there is none, or several. */
        public Optional<String> header(String name) {
            try {
                return Optional.ofNullable(response.getHeader(name)).map(Header::getValue);
            } catch (ProtocolException e) {
                return Optional.empty();
            }
        }

        /** The length that the server names; empty if it names none. */
        public OptionalLong length() {
            HttpEntity entity = response.getEntity();
            if (entity != null) {
                return entity.getContentLength() < 0
                        ? OptionalLong.empty()
                        : OptionalLong.of(entity.getContentLength());
            }
            return header("Content-Length")
                    .filter(value -> value.matches("\\d{1,18}"))
                    .map(value -> OptionalLong.of(Long.parseLong(value)))
                    .orElseGet(OptionalLong::empty);
        }

        /**
         * Reads the body to its end. What the reader itself throws passes through.
         *
         * @throws StepFailure ARTIFACT_UNAVAILABLE, retryable, if the body ends early or too slowly
         */
        public void read(Reader reader) throws IOException {
            HttpEntity entity = response.getEntity();
            if (entity == null) {
                return;
            }
            byte[] buffer = new byte[BUFFER_BYTES];
            long total = 0;
            // The stream is not closed: that would read an endless body to its end to keep the connection.
            InputStream body = content(entity);
            for (int count = fill(body, buffer); count >= 0; count = fill(body, buffer)) {
                total += count;
                watch.received(total);
                reader.accept(buffer, count);
            }
        }

        @Override
        public void close() {
            watch.close();
            request.cancel();
            try {
                response.close();
            } catch (IOException e) {
                // A connection that cannot be ended well is ended all the same.
                request.abort();
            }
        }

        private InputStream content(HttpEntity entity) {
            try {
                return entity.getContent();
            } catch (IOException e) {
                throw failure(url, e, watch);
            }
        }

        private int fill(InputStream body, byte[] buffer) {
            try {
                return body.read(buffer);
            } catch (IOException e) {
                throw failure(url, e, watch);
            }
        }
    }

    /** Takes the pieces of a body. */
    @FunctionalInterface
    public interface Reader {
        void accept(byte[] buffer, int count) throws IOException;
    }
}
