/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.Fence;
import dev.uplift.host.Inherited;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What PREFLIGHT says of an application that is started in another way than was written down. */
class SettingsCheckTest {
    private static final Inherited OTHER =
            new Inherited("0137", null, null, null, null, null, Map.of(), List.of(), List.of(), false);

    @Test
    void onlyWhatItInheritsIsCalledWrittenDownAnew() throws Exception {
        try (Rig rig = new Rig()) {
            rig.launch(Rig.OLD).start().awaitHealthy(Rig.START);
            rig.from(rig.register().running());
            rig.to(Rig.NEW);
            rig.dryRun(true);
            Launch launch = LaunchFile.read(Rig.HOST, rig.directory).orElseThrow();

            assertThat(settings(rig, launch)).isEmpty();
            assertThat(settings(rig, launch.withInherited(OTHER)))
                    .singleElement()
                    .satisfies(said -> assertThat(said).contains("what it inherits"));
            assertThat(settings(rig, ofAnotherJava(launch).withInherited(OTHER)))
                    .singleElement()
                    .satisfies(said -> assertThat(said).contains("Java").doesNotContain("what it inherits"));
        }
    }

    /** What is said where this was written down. */
    private static List<String> settings(Rig rig, Launch before) throws Exception {
        try (Fence.Held held = Rig.HOST.fence(rig.directory).claim(rig.installationId, null)) {
            LaunchFile.write(held, rig.directory, before);
        }
        StepOutput.NodesChecked checked =
                (StepOutput.NodesChecked) rig.succeed(StepName.PREFLIGHT, DO).output();
        return checked.checks().stream()
                .filter(check -> check.name().equals("settings"))
                .map(Check::detail)
                .toList();
    }

    private static Launch ofAnotherJava(Launch launch) {
        return new Launch(
                launch.argv(),
                launch.environment(),
                launch.uid(),
                launch.gid(),
                launch.groups(),
                launch.user(),
                launch.directory(),
                "/opt/java-before-its-update/bin/java",
                launch.logFile(),
                launch.secrets(),
                launch.inherited(),
                launch.errorFile());
    }
}
