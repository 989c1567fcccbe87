/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepResult;
import dev.uplift.worker.testing.RunningService;
import dev.uplift.worker.testing.ServiceResources;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The running service, as the orchestrator and operators see it. */
@QuarkusTest
@QuarkusTestResource(ServiceResources.class)
final class SwapServiceTest {
    @ConfigProperty(name = "uplift.kafka.bootstrap-servers")
    @Inject
    String bootstrapServers;

    @TestHTTPResource("/")
    @Nullable
    URI root;

    @Test
    void aReleaseThatIsAskedForByKafkaIsStaged() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.to(Rig.NEW);

            StepResult answer = service().run(rig.command(StepName.STAGE, Direction.DO));

            assertThat(answer).isInstanceOf(StepResult.Succeeded.class);
            Path release = rig.directory
                    .resolve("releases")
                    .resolve(Rig.release(Rig.NEW).sha256())
                    .resolve("metabase.jar");
            assertThat(Files.mismatch(release, Rig.release(Rig.NEW).jar())).isEqualTo(-1);
            assertThat(service().text("q/metrics"))
                    .contains("uplift_step_results_total{result=\"succeeded\",type=\"swap.stage\"} 1.0");
        }
    }

    @Test
    void healthAndMetricsAreThere() throws Exception {
        assertThat(service().text("q/health/live")).contains("\"worker\"").contains("\"relay\"");
        assertThat(service().ask("GET", "q/health/ready").statusCode()).isEqualTo(200);
        assertThat(service().text("q/metrics")).contains("uplift_work_pending");
    }

    private RunningService service() {
        return new RunningService(URI.create(String.valueOf(root)), bootstrapServers);
    }
}
