/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.worker.testing.RunningService;
import dev.uplift.worker.testing.ServiceResources;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.file.Path;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The running service, as the orchestrator and operators see it. */
@QuarkusTest
@QuarkusTestResource(ServiceResources.class)
final class BackupServiceTest {
    @Inject
    BackupSettings settings;

    @ConfigProperty(name = "uplift.kafka.bootstrap-servers")
    @Inject
    String bootstrapServers;

    @TestHTTPResource("/")
    @Nullable
    URI root;

    @Test
    void aBackupThatIsAskedForByKafkaIsInTheHome(@TempDir Path directory) throws Exception {
        H2Fixture h2 = new H2Fixture(directory);
        StepCommand command = h2.fixture.command(StepName.BACKUP, Direction.DO, null, null);

        StepResult answer = service().run(command);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        StepResult.Succeeded.class,
                        succeeded -> assertThat(succeeded.output())
                                .isInstanceOfSatisfying(
                                        StepOutput.BackedUp.class,
                                        output -> assertThat(settings.home()
                                                        .resolve("backups")
                                                        .resolve(h2.fixture.installation.toString())
                                                        .resolve(output.backup()
                                                                .id()
                                                                .toString()))
                                                .isDirectory()));
        assertThat(service().text("q/metrics"))
                .contains("uplift_step_results_total{result=\"succeeded\",type=\"backup.take\"} 1.0")
                .contains("uplift_backup_bytes_total{database=\"h2\"}");
        h2.fixture.close();
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
