/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact;

import dev.uplift.artifact.store.ArtifactStore;
import java.io.IOException;
import java.nio.file.Files;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready while the store can be written. */
@Readiness
final class StoreHealth implements HealthCheck {
    private final ArtifactStore store;

    StoreHealth(ArtifactStore store) {
        this.store = store;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("store");
        try {
            return response.status(Files.isWritable(store.partialDirectory()))
                    .withData("usable_bytes", store.usableBytes())
                    .build();
        } catch (IOException e) {
            return response.down()
                    .withData("problem", String.valueOf(e.getMessage()))
                    .build();
        }
    }
}
