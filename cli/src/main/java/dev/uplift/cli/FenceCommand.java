/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.api.FenceTakingStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "fence",
        mixinStandardHelpOptions = true,
        description = {
            "Takes the fences beside an installation's nodes from another installation, which has them although it is "
                    + "gone or wrong. Without --take: shows who did so, when and why.",
            "It is refused while an upgrade of the other one is under way."
        },
        footerHeading = "%nExample:%n",
        footer = "  uplift fence sales --take \"the other Uplift was removed\"")
final class FenceCommand implements Callable<Integer> {
    private static final Duration WAIT_MAX = Duration.ofSeconds(60);

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "INSTALLATION", description = "Name or id.")
    private String installation = "";

    @Option(names = "--take", paramLabel = "REASON", description = "Take them, for this reason.")
    private @Nullable String reason;

    @Mixin
    private ReasonOptions options = new ReasonOptions();

    @Override
    public Integer call() throws InterruptedException {
        if (reason == null) {
            options.requireNone("--take");
        }
        Api api = server.api();
        Output output = server.output();
        if (reason == null) {
            show(output, api.fences(installation));
            return ExitCode.OK;
        }
        FenceTakingStatus asked = api.takeFence(installation, options.because(reason));
        FenceTakingStatus answered = Poll.until(
                WAIT_MAX,
                () -> api.fences(asked.installationId().toString()).stream()
                        .filter(taking -> taking.id().equals(asked.id()))
                        .findFirst()
                        .orElse(asked),
                taking -> taking.taken() != null || taking.problem() != null);
        if (answered.problem() != null) {
            throw new CommandFailedException(ExitCode.FAILED, answered.problem());
        }
        if (answered.taken() == null) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE,
                    "no swap-service has answered after " + WAIT_MAX.toSeconds() + " s; see `uplift fence "
                            + installation + "`");
        }
        show(output, List.of(answered));
        return ExitCode.OK;
    }

    private static void show(Output output, List<FenceTakingStatus> takings) {
        if (output.json()) {
            takings.forEach(output::json);
            return;
        }
        output.table(
                List.of("ASKED", "BY", "FROM", "REASON", "PROBLEM"),
                takings.stream()
                        .map(taking -> List.of(
                                Format.time(taking.askedAt()),
                                taking.by(),
                                taking.taken() == null
                                        ? "-"
                                        : taking.taken().from().isEmpty()
                                                ? "it was its own"
                                                : String.join(
                                                        ", ",
                                                        taking.taken().from().stream()
                                                                .map(Object::toString)
                                                                .toList()),
                                taking.reason(),
                                Output.orDash(taking.problem())))
                        .toList());
    }
}
