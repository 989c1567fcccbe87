/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import dev.uplift.artifact.store.SourceTable;
import dev.uplift.artifact.store.SourceTable.Given;
import dev.uplift.artifact.transfer.Download;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.worker.StepRun;
import java.net.URI;
import java.util.Map;
import java.util.Optional;

/** A URL, and whether it still gives what it gave. */
record Source(HttpSource http, SourceTable table, URI url) {

    /** The hash of what it gave when it was fetched from last, if its server says that this is what it gives now. */
    Optional<String> givesStill(StepRun run) {
        Optional<Given> given = table.find(Download.key(url));
        if (given.isEmpty()) {
            return Optional.empty();
        }
        try (HttpSource.Reply reply = http.ask("HEAD", url, Map.of(), run::cancelled)) {
            return gives(reply);
        }
    }

    /** The same by an answer to HEAD. */
    Optional<String> gives(HttpSource.Reply reply) {
        return reply.status() == 200
                ? table.find(Download.key(url))
                        .filter(given -> given.validators().equals(Download.validators(reply)))
                        .map(Given::sha256)
                : Optional.empty();
    }
}
