/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.Launch;
import dev.uplift.host.TcpConnection;
import dev.uplift.profile.Profile;
import java.io.IOException;
import java.util.Set;

/** Where a node keeps its data, by its settings and by what can be seen of it. */
public interface NodeData {
    /** Where it keeps them if it is started so, as seen from its host. */
    NodeDatabase database(Profile profile, Launch launch) throws IOException;

    /**
     * The established TCP connections that what runs of it holds, as its own network numbers them.
     *
     * @throws UnseenException if they cannot be seen
     */
    Set<TcpConnection> connections() throws IOException, InterruptedException;

    /**
     * Whether what runs of it has this database file open to write to it.
     *
     * @throws UnseenException if that cannot be seen
     */
    boolean holds(DatabaseSpec.H2 file) throws IOException, InterruptedException;
}
