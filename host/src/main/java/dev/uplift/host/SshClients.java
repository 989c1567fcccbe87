/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/**
 * The SSH client that all connections of a process share. It believes only pinned host keys, offers only
 * the key that it is told to, and reads nothing of the user's own SSH configuration.
 */
final class SshClients {
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);
    private static final int KEEP_ALIVES_UNANSWERED_MAX = 3;

    private SshClients() {}

    /** A client that runs; the receiver stops it. */
    static SshClient start() {
        SshClient client = SshClient.setUpDefaultClient();
        client.setServerKeyVerifier((session, _, key) -> {
            SshLogin.Attempt attempt = attempt(session);
            return attempt != null && attempt.accepts(key);
        });
        client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
        client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
        client.setAgentFactory(null);
        client.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
        client.addSessionListener(new SessionListener() {
            @Override
            public void sessionNegotiationOptionsCreated(Session session, Map<KexProposalOption, String> proposal) {
                SshLogin.Attempt attempt = session instanceof ClientSession ours ? attempt(ours) : null;
                if (attempt != null) {
                    proposal.put(KexProposalOption.SERVERKEYS, String.join(",", attempt.algorithms));
                }
            }
        });
        CoreModuleProperties.HEARTBEAT_INTERVAL.set(client, KEEP_ALIVE);
        CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(client, KEEP_ALIVES_UNANSWERED_MAX);
        CoreModuleProperties.SOCKET_KEEPALIVE.set(client, true);
        CoreModuleProperties.TCP_NODELAY.set(client, true);
        client.start();
        return client;
    }

    private static SshLogin.@Nullable Attempt attempt(ClientSession session) {
        return session.getConnectionContext() == null
                ? null
                : session.getConnectionContext().getAttribute(SshLogin.ATTEMPT);
    }
}
