/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.api.AddNode;
import dev.uplift.contract.api.RegisterInstallation;
import java.time.Duration;

/** Registers, and waits until the host has answered. Fails with {@link CommandFailedException} if it is refused. */
public final class Registration {
    /** Above that after which the orchestrator refuses by itself, as it is configured by default. */
    private static final Duration WAIT_MAX = Duration.ofMinutes(16);

    private Registration() {}

    public static InstallationStatus ofInstallation(Api api, RegisterInstallation wish) throws InterruptedException {
        InstallationStatus status = awaitAnswer(api, api.register(wish));
        if (status.state() == InstallationStatus.State.REFUSED) {
            throw new CommandFailedException(ExitCode.FAILED, Output.orDash(status.problem()));
        }
        return status;
    }

    static InstallationStatus ofNode(Api api, String installation, AddNode wish) throws InterruptedException {
        InstallationStatus status = awaitAnswer(api, api.addNode(installation, wish));
        if (status.problem() != null) {
            throw new CommandFailedException(ExitCode.FAILED, status.problem());
        }
        return status;
    }

    private static InstallationStatus awaitAnswer(Api api, InstallationStatus registering) throws InterruptedException {
        String id = registering.id().toString();
        InstallationStatus status = Poll.until(
                WAIT_MAX, () -> api.installation(id), answer -> answer.state() != InstallationStatus.State.REGISTERING);
        if (status.state() == InstallationStatus.State.REGISTERING) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE,
                    "no swap-service has answered after " + WAIT_MAX.toMinutes() + " min; it may be tried again");
        }
        return status;
    }
}
