/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.host.TcpConnection;
import dev.uplift.swap.node.ServerSessions.Session;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whose a session is, by its client and by the connections of a node. */
class ServerSessionsTest {
    private static final InetAddress SERVER = InetAddress.ofLiteral("10.0.0.5");
    private static final int PORT = 5432;

    @Test
    void aConnectionWhoseEndIsTheClientOfASessionIsThatSession() {
        assertThat(use(
                        connections("10.0.0.9:40001>10.0.0.5:5432", "10.0.0.9:40002>10.0.0.7:443"),
                        session("real", true, "10.0.0.9:40001"),
                        session("other", false, null)))
                .isEqualTo(new DatabaseUse.Proven("1 session on it"));
    }

    @Test
    void anEndThatConnectionsToTwoServersShareProvesNothing() {
        Set<TcpConnection> elsewhere = connections("10.0.0.9:40001>10.0.0.6:5432", "10.0.0.9:40002>10.0.0.6:5432");
        Session first = session("decoy", true, "10.0.0.9:40001");
        Session second = session("decoy", true, "10.0.0.9:40002");
        Session other = session("other", false, null);

        assertThat(use(elsewhere, first, second, other))
                .as("the address that is named is known")
                .isEqualTo(new DatabaseUse.Unproven("it has no session there, but connections to 10.0.0.6:5432"));
        assertThat(useOfUnknown(elsewhere, first, other))
                .as("one may be a stranger's")
                .isInstanceOf(DatabaseUse.Unproven.class);
        assertThat(useOfUnknown(connections("10.0.0.9:40001>10.0.0.5:5432"), first, other))
                .as("the server has that address itself")
                .isEqualTo(new DatabaseUse.Proven("1 session on it"));
        assertThat(useOfUnknown(elsewhere, first, second, other)).isEqualTo(new DatabaseUse.Proven("2 sessions on it"));
    }

    @Test
    void aConnectionThatIsOlderThanAChangeOfTheNamesAddressIsItsSession() {
        Session older = session("real", true, "10.0.0.9:40001");
        Session other = session("other", false, null);
        Set<InetAddress> named = Set.of(InetAddress.ofLiteral("10.0.0.7"));
        ServerSessions sessions = new ServerSessions(SERVER, PORT, false, List.of(older, other));

        assertThat(sessions.use(connections("10.0.0.9:40001>10.0.0.5:5432"), PORT, named))
                .isEqualTo(new DatabaseUse.Proven("1 session on it"));
        assertThat(sessions.use(connections("10.0.0.9:40001>10.0.0.6:5432"), PORT, named))
                .as("neither the address that is named nor the server's own")
                .isInstanceOf(DatabaseUse.Unproven.class);
    }

    @Test
    void aPortOrAnAddressAloneIsNoSession() {
        assertThat(use(
                        connections("10.0.0.9:40001>10.0.0.5:5432"),
                        session("real", true, "10.0.0.8:40001"),
                        session("real", true, "10.0.0.9:40002"),
                        session("other", false, "10.0.0.9:40003")))
                .isInstanceOf(DatabaseUse.Unproven.class);
    }

    @Test
    void aSessionOnAnotherDatabaseIsNamed() {
        assertThat(use(
                        connections("10.0.0.9:40001>10.0.0.5:5432"),
                        session("decoy", true, "10.0.0.8:40009"),
                        session("real", false, "10.0.0.9:40001")))
                .isEqualTo(new DatabaseUse.Unproven("it has no session there, but on real of the same server"));
    }

    @Test
    void twoPortsThatATranslatedAddressHasKeptAreTwoSessions() {
        Set<TcpConnection> connections =
                connections("172.18.0.2:40001>10.0.0.5:5432", "172.18.0.2:40002>10.0.0.5:5432");
        Session other = session("other", false, null);

        assertThat(use(
                        connections,
                        session("real", true, "10.0.0.9:40001"),
                        session("real", true, "10.0.0.9:40002"),
                        other))
                .isEqualTo(new DatabaseUse.Proven("2 sessions on it through a translated address"));
        assertThat(use(
                        connections,
                        session("real", true, "10.0.0.9:40001"),
                        session("real", true, "10.0.0.8:40002"),
                        other))
                .as("from two addresses")
                .isInstanceOf(DatabaseUse.Unproven.class);
    }

    @Test
    void aForwardedConnectionCountsWhereNobodyIsOnAnotherDatabase() {
        Set<TcpConnection> connections = connections("10.0.0.9:40001>10.0.0.5:5432");

        assertThat(use(connections, session("real", true, "127.0.0.1:50001"))).isInstanceOf(DatabaseUse.Proven.class);
        assertThat(use(connections, session("real", true, "127.0.0.1:50001"), session("other", false, null)))
                .isInstanceOf(DatabaseUse.Unproven.class);
        assertThat(use(connections("10.0.0.9:40001>10.0.0.6:5432"), session("real", true, "127.0.0.1:50001")))
                .as("to another server")
                .isInstanceOf(DatabaseUse.Unproven.class);
        assertThat(use(connections)).as("nobody is there").isInstanceOf(DatabaseUse.Unproven.class);
    }

    @Test
    void behindAPoolerNothingCounts() {
        assertThat(new ServerSessions(SERVER, PORT, true, List.of(session("real", true, "127.0.0.1:50001")))
                        .use(connections("10.0.0.9:40001>10.0.0.5:5432"), PORT, Set.of(SERVER)))
                .isInstanceOfSatisfying(
                        DatabaseUse.Unproven.class,
                        unseen -> assertThat(unseen.instead()).contains("PgBouncer"));
    }

    private static DatabaseUse use(Set<TcpConnection> connections, Session... sessions) {
        return new ServerSessions(SERVER, PORT, false, List.of(sessions)).use(connections, PORT, Set.of(SERVER));
    }

    private static DatabaseUse useOfUnknown(Set<TcpConnection> connections, Session... sessions) {
        return new ServerSessions(SERVER, PORT, false, List.of(sessions)).use(connections, PORT, Set.of());
    }

    private static Session session(String database, boolean here, @Nullable String client) {
        return new Session(database, here, client == null ? null : end(client));
    }

    private static Set<TcpConnection> connections(String... texts) {
        return Set.of(List.of(texts).stream()
                .map(text -> text.split(">", -1))
                .map(ends -> new TcpConnection(end(ends[0]), end(ends[1])))
                .toArray(TcpConnection[]::new));
    }

    private static InetSocketAddress end(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(
                InetAddress.ofLiteral(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }
}
