/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.Host;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What stands in the way of a registration, whatever runs the application. */
final class Refusals {
    /** What is answered of a host that cannot be looked at. */
    static final StepFailures FAILURES = StepFailures.otherwise(ErrorCode.HOST_UNEXPECTED);

    private Refusals() {}

    static StepFailure refuse(String detail) {
        return StepFailure.refused(ErrorCode.PREFLIGHT_REFUSED, detail);
    }

    /** No saga of another installation works in this directory. */
    static void requireNoOtherSaga(Host host, UUID installation, Path directory) throws IOException {
        Path state = directory.resolve(".uplift");
        if (host.files().isLink(state)) {
            throw new UnexpectedPathException(state + " is a symbolic link");
        }
        Optional<SagaState> saga = SagaState.read(host, directory)
                .filter(remembered -> !remembered.over())
                .filter(remembered -> !remembered.installationId().equals(installation));
        if (saga.isPresent()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    directory + " is being upgraded as another installation ("
                            + saga.get().installationId() + ")");
        }
    }

    static ApplicationVersion requireVersion(Observation observed) {
        return switch (observed.version()) {
            case VersionReading.Known(ApplicationVersion known) -> known;
            case VersionReading.Unreadable(String reason) -> throw refuse("its version cannot be told: " + reason);
        };
    }

    /** All checks, where none of them has failed. */
    static List<Check> requireNoFailure(CheckList checks) {
        for (Check check : checks.all()) {
            if (check.verdict() == Check.Verdict.FAIL) {
                throw refuse(check.detail());
            }
        }
        return checks.all();
    }

    /** What is shown of an application that can be registered. */
    static List<Check> checks(Observation observed, ApplicationVersion version) {
        List<Check> checks = new ArrayList<>();
        checks.add(
                switch (observed.health()) {
                    case NodeProbe.Health.Healthy() -> new Check("health", Check.Verdict.OK, "healthy");
                    case NodeProbe.Health.Starting _ -> new Check("health", Check.Verdict.WARN, "it is still starting");
                    case NodeProbe.Health.Failing(String reason) -> new Check("health", Check.Verdict.WARN, reason);
                });
        boolean agrees =
                observed.inPlace() instanceof VersionReading.Known(ApplicationVersion inJar) && inJar.equals(version);
        checks.add(new Check(
                "version",
                agrees ? Check.Verdict.OK : Check.Verdict.WARN,
                agrees ? version.text() : "it answers " + version + ", its JAR says something else"));
        return checks;
    }
}
