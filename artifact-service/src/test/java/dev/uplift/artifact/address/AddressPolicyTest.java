/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import org.apache.hc.client5.http.DnsResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be fetched from, by the text of the URL and by what its host resolves to. */
final class AddressPolicyTest {
    private final AddressPolicy policy = new AddressPolicy(List.of(
            AllowedOrigin.parse("http://127.0.0.1:*"),
            AllowedOrigin.parse("http://mirror.corp.example:8080"),
            AllowedOrigin.parse("http://plain.corp.example"),
            AllowedOrigin.parse("http://[::1]:9000")));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://downloads.metabase.com/v0.51.8/metabase.jar",
                "HTTPS://downloads.metabase.com/x",
                "http://127.0.0.1:8080/x",
                "http://127.0.0.1/x",
                "http://MIRROR.corp.example:8080/x",
                "http://plain.corp.example/x",
                "http://plain.corp.example:80/x",
                "http://[::1]:9000/x"
            })
    void isTaken(String url) {
        assertThatCode(() -> policy.require(URI.create(url))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://downloads.metabase.com/x",
                "http://mirror.corp.example/x",
                "http://mirror.corp.example:8081/x",
                "http://mirror.corp.example.evil.example:8080/x",
                "http://127.0.0.1.evil.example/x",
                "http://127.0.0.1@evil.example/x",
                "https://user@evil.example/x",
                "https://host:0/x",
                "https://host:65536/x",
                "file:///etc/shadow",
                "jar:https://evil.example/x.jar!/y",
                "//evil.example/x",
                "relative.jar"
            })
    void isRefused(String url) {
        assertThatThrownBy(() -> policy.require(URI.create(url))).isInstanceOf(AddressRefusedException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.9.9.9",
                "0.0.0.0",
                "0.1.2.3",
                "10.1.2.3",
                "100.64.0.1",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "192.0.0.8",
                "198.18.0.1",
                "224.0.0.1",
                "255.255.255.255",
                "240.0.0.1",
                "::1",
                "::",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::127.0.0.1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::",
                "2001:0:53aa:64c::1",
                "2001:db8::1",
                "fe80::1",
                "fec0::1",
                "fc00::1",
                "fd12::1",
                "ff02::1",
                "100::1"
            })
    void isNotAPublicAddress(String literal) throws Exception {
        assertThat(PublicAddresses.isPublic(InetAddress.getAllByName(literal)[0]))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.167.0.1",
                "100.128.0.1",
                "223.255.255.255",
                "2606:4700::1111",
                "2001:4860:4860::8888",
                "2a00::1"
            })
    void isAPublicAddress(String literal) throws Exception {
        assertThat(PublicAddresses.isPublic(InetAddress.getAllByName(literal)[0]))
                .isTrue();
    }

    @Test
    void aHostWithOnePrivateAmongItsAddressesIsRefused() {
        PublicAddresses addresses = new PublicAddresses(resolver("1.1.1.1", "10.0.0.1"));
        assertThatThrownBy(() -> addresses.resolve("mixed.example"))
                .isInstanceOf(AddressRefusedException.class)
                .hasMessageContaining("mixed.example is at 10.0.0.1, which is not a public address");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "ftp://host",
                "http://",
                "http://host/path",
                "http://host:0",
                "http://host:65536",
                "http://user@host",
                "http://ho st",
                "*",
                "http://*"
            })
    void anAllowedOriginThatIsNoneStopsTheStartUp(String text) {
        assertThatThrownBy(() -> AllowedOrigin.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsShownOfAUrlHoldsNoSecret() {
        assertThat(AddressPolicy.display(URI.create("https://u:p@h.example:8443/a/b?token=s#f")))
                .isEqualTo("https://h.example:8443/a/b?...");
    }

    static DnsResolver resolver(String... literals) {
        return new DnsResolver() {
            @Override
            public InetAddress[] resolve(String host) throws UnknownHostException {
                InetAddress[] addresses = new InetAddress[literals.length];
                for (int i = 0; i < literals.length; i++) {
                    addresses[i] = InetAddress.getAllByName(literals[i])[0];
                }
                return addresses;
            }

            @Override
            public String resolveCanonicalHostname(String host) {
                return host;
            }
        };
    }
}
