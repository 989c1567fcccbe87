/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.intake;

import dev.uplift.orchestrator.database.DatabaseIds;
import java.util.List;

/**
 * The answers of one kind in a batch, in the order in which they came.
 *
 * @param databases those that all answers of the batch name, held by the transaction; written after all were handled
 */
public record ResultBatch<B>(List<Result<B>> results, DatabaseIds databases) {
    public List<B> bodies() {
        return results.stream().map(Result::body).toList();
    }
}
