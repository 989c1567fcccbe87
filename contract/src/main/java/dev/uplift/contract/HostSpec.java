/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.net.URI;

/**
 * A host other than the one that the workers run on, and how it is reached. Keys are references that the
 * worker resolves: {@code file:/path} or {@code env:NAME}. Where a host is left out, it is the workers' own,
 * {@link NodeSpec#LOCAL}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = HostSpec.Ssh.class, name = "ssh"),
    @JsonSubTypes.Type(value = HostSpec.DockerTls.class, name = "docker-tls")
})
public sealed interface HostSpec {
    /** Unique among the hosts of all sites; 1 to 63 of {@code a-z 0-9 . -}, never {@code local}. */
    String name();

    /**
     * A host reached by SSH: its processes, its units and its Docker Engine.
     *
     * @param address host name or IP address
     * @param user to log in as
     * @param hostKey the host's public key, pinned: its fingerprint {@code SHA256:...}, or type and key as in
     *     {@code known_hosts}
     * @param keyRef the private key to log in with
     */
    record Ssh(String name, String address, int port, String user, String hostKey, String keyRef) implements HostSpec {
        public Ssh {
            Checks.hostName(name, "host.name");
            Checks.address(address, "host.address");
            Checks.port(port, "host.port");
            Checks.login(user, "host.user");
            Checks.hostKey(hostKey, "host.hostKey");
            Checks.reference(keyRef, "host.keyRef");
        }
    }

    /**
     * A Docker Engine reached by TLS, and nothing else of its host.
     *
     * @param url such as {@code https://engine.example.org:2376}
     * @param caRef the certificate that the engine's own is signed with
     * @param certRef the client's certificate
     * @param keyRef the client's private key
     */
    record DockerTls(String name, URI url, String caRef, String certRef, String keyRef) implements HostSpec {
        public DockerTls {
            Checks.hostName(name, "host.name");
            URI engine = Checks.present(url, "host.url");
            if (!"https".equalsIgnoreCase(engine.getScheme()) || engine.getHost() == null) {
                throw new IllegalArgumentException("host.url is no https URL with a host");
            }
            Checks.withoutSecret(engine, "host.url");
            Checks.reference(caRef, "host.caRef");
            Checks.reference(certRef, "host.certRef");
            Checks.reference(keyRef, "host.keyRef");
        }
    }
}
