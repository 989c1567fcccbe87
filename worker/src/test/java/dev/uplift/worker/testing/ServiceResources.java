/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker.testing;

import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.messaging.testing.TestDatabase;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;

/** A real database, a real broker and a home; its arguments are settings besides. */
public final class ServiceResources implements QuarkusTestResourceLifecycleManager {
    private Map<String, String> settings = Map.of();

    @Override
    public void init(Map<String, String> arguments) {
        settings = arguments;
    }

    @Override
    public Map<String, String> start() {
        Map<String, String> all = new HashMap<>(settings);
        try {
            all.put("uplift.home", Files.createTempDirectory("uplift-home").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        all.put("uplift.database.url", TestDatabase.url());
        all.put("uplift.database.user", "postgres");
        all.put("uplift.database.password", "postgres");
        all.put("uplift.kafka.bootstrap-servers", KafkaBroker.shared().bootstrapServers());
        return all;
    }

    @Override
    public void stop() {}
}
