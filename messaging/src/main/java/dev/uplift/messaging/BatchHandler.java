/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.util.List;

/** Takes what a poll brought. */
@FunctionalInterface
public interface BatchHandler {
    /**
     * Takes a batch in the transaction of this thread, which is committed when this returns and
     * rolled back when it throws. A batch may come again, whole or in part: {@link Inbox#claim} tells
     * what is new. What must follow the commit goes to {@link Database#afterCommit}.
     *
     * @param batch at least one message; those of one key in the order in which they were sent
     * @throws Exception if it was thrown by the database, or caused by that, the batch is taken again
     *     until it passes; otherwise its messages are taken one by one, and one that still fails is
     *     dead-lettered
     */
    void handle(List<Received> batch) throws Exception;
}
