/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "upgrade",
        mixinStandardHelpOptions = true,
        description = "Upgrades installations and shows it live. What fails comes back with its data.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  uplift upgrade sales support --to v0.51.2       these two",
            "  uplift upgrade '*' --profile metabase --to v0.51.2   every Metabase",
            "  uplift upgrade sales --to v0.51.2 --url https://mirror.example.org/metabase.jar --sha256 HEX",
            "                                                  from a mirror, only if it is this very artifact",
            "  uplift upgrade shop --to v0.51.2 --update-compose-file",
            "                                                  a container of Docker Compose, and the file that it is of",
            "  uplift upgrade sales --to v0.51.2 --no-wait --json   for scripts; `uplift watch` follows it"
        })
final class UpgradeCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private TargetOptions target = new TargetOptions();

    @Mixin
    private ComposeFiles composeFiles = new ComposeFiles();

    @Option(names = "--no-wait", description = "Begin, print the ids, and return.")
    private boolean noWait;

    @Override
    public Integer call() {
        composeFiles.requireEnd(!noWait);
        Api api = server.api();
        return follow(api, server.output(), api.upgrade(target.request()), noWait, composeFiles);
    }

    /** Shows what was begun until it ends; refusals are told and make the exit code not 0. */
    static int follow(Api api, Output output, AcceptedSagas sagas, boolean noWait, ComposeFiles composeFiles) {
        sagas.refused().forEach(refusal -> output.note("uplift: " + refusal.installation() + ": " + refusal.reason()));
        int refused = sagas.refused().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
        List<UUID> ids =
                sagas.accepted().stream().map(AcceptedSagas.Accepted::upgradeId).toList();
        if (noWait) {
            sagas.accepted().forEach(accepted -> {
                if (output.json()) {
                    output.json(accepted);
                } else {
                    output.line(accepted.installation() + " " + accepted.upgradeId());
                }
            });
            return refused;
        }
        List<UpgradeStatus> ended = new Follower(api, output).follow(ids);
        composeFiles.update(output, ended);
        return Math.max(refused, ExitCode.of(ended));
    }
}
