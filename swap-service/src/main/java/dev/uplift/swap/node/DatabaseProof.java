/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.profile.Profile;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Looks whether a node that serves works on a database, until it is seen there or five seconds are over. Between two
 * looks, and meanwhile, the node is asked how it is: an application that keeps no idle connection needs a reason for one.
 */
public record DatabaseProof(Profile profile, NodeProbe probe) {
    private static final Duration LOOK_MAX = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(200);

    /** What the last look saw. */
    public DatabaseUse of(Node node, AppDatabase database) throws IOException, InterruptedException {
        DatabaseUse first = now(node, database);
        return first instanceof DatabaseUse.Unproven ? again(node, database) : first;
    }

    private DatabaseUse again(Node node, AppDatabase database) throws IOException, InterruptedException {
        Deadline deadline = Deadline.in(LOOK_MAX);
        AtomicBoolean enough = new AtomicBoolean();
        Thread asking = Thread.ofVirtual().name("asks " + node.place()).start(() -> ask(node, enough));
        try {
            DatabaseUse use = now(node, database);
            while (use instanceof DatabaseUse.Unproven && !deadline.passed()) {
                // Neither a server nor a kernel tells of a new connection.
                Thread.sleep(PAUSE);
                use = now(node, database);
            }
            return use;
        } finally {
            enough.set(true);
            asking.interrupt();
        }
    }

    private void ask(Node node, AtomicBoolean enough) {
        try {
            while (!enough.get()) {
                probe.health(profile, node.address(profile));
                probe.identity(profile, node.address(profile));
                // It serves its users meanwhile.
                Thread.sleep(PAUSE);
            }
        } catch (IOException | InterruptedException e) {
            enough.set(true);
        }
    }

    /** What one look sees, without a question to the node. */
    public DatabaseUse now(Node node, AppDatabase database) throws IOException, InterruptedException {
        try {
            return database.usedBy(node);
        } catch (UnseenException e) {
            return new DatabaseUse.Unproven(String.valueOf(e.getMessage()));
        } catch (SQLException e) {
            return new DatabaseUse.Unproven("the server cannot be asked (SQL state " + e.getSQLState() + ")");
        }
    }
}
