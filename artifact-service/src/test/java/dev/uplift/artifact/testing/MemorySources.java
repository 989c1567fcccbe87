/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.testing;

import dev.uplift.artifact.store.SourceTable;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Sources that are forgotten with the test. */
final class MemorySources implements SourceTable {
    private final Map<String, Given> sources = new ConcurrentHashMap<>();

    @Override
    public Optional<Given> find(String key) {
        return Optional.ofNullable(sources.get(key));
    }

    @Override
    public void record(String key, Given given) {
        if (given.validators().isPresent()) {
            sources.put(key, given);
        }
    }
}
