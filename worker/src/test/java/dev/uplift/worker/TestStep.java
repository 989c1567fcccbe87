/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.messaging.CrashPoints;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The first run of a command; it remembers which crash points were reached. */
final class TestStep implements StepRun {
    static final StepCommand COMMAND = new StepCommand(
            UUID.randomUUID(),
            3,
            StepName.SWITCH,
            Direction.DO,
            1,
            1,
            false,
            false,
            new InstallationSpec(
                    UUID.randomUUID(),
                    "sales",
                    "metabase",
                    "default",
                    List.of(new NodeSpec.JarProcess(
                            "one", NodeSpec.LOCAL, "/srv/sales", "metabase.jar", URI.create("http://127.0.0.1:3000"))),
                    new DatabaseSpec.H2("local", "/srv/sales/metabase.db.mv.db", null, null)),
            new Release("v0.50.1", "oss", "a".repeat(64), null),
            new Release("v0.50.2", "oss", "b".repeat(64), null),
            List.of(),
            null,
            null,
            null,
            StepLimits.DEFAULT);

    final List<String> reached = new ArrayList<>();

    @Override
    public void progress(Progress progress) {}

    @Override
    public boolean cancelled() {
        return false;
    }

    @Override
    public int delivery() {
        return 1;
    }

    @Override
    public CrashPoints crashPoints() {
        return (effect, moment) -> reached.add(effect + ":" + moment);
    }
}
