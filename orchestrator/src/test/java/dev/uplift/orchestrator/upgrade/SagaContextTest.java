package dev.uplift.orchestrator.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepOutput;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SagaContextTest {
    private static final InstallationSpec INSTALLATION = new InstallationSpec(
            UUID.randomUUID(),
            "sales",
            "metabase",
            "default",
            List.of(new NodeSpec.JarProcess(
                    "node", NodeSpec.LOCAL, "/srv/a", "app.jar", URI.create("http://127.0.0.1:1"))),
            new DatabaseSpec.PostgreSql("127.0.0.1", 5432, "app", "app", null),
            List.of());

    private final SagaContext context = SagaContext.ahead(
            INSTALLATION,
            new Release("v0.50.1", null, null, null),
            new Release("v0.51.1", null, null, null),
            null,
            StepLimits.DEFAULT,
            1);

    @Test
    void whatARestoreCouldNotBringBackIsKept() {
        StepOutput incomplete = new StepOutput.Restored(
                "hash", true, List.of(new Check("database.incomplete", Check.Verdict.WARN, "run this")));

        assertThat(context.learned(0, Direction.UNDO, incomplete)
                        .steps()
                        .getFirst()
                        .output())
                .isEqualTo(incomplete);
        assertThat(context.learned(0, Direction.UNDO, new StepOutput.Restored("hash", true))
                        .steps()
                        .getFirst()
                        .output())
                .isNull();
    }
}
