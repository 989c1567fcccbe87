/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.api.RequestRestore;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = {
            "Takes an installation back to a backup and the version that wrote it, and shows it.",
            "What was written since then is lost from the application; it is in the backup that is taken first."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  uplift backups sales                            which there are",
            "  uplift restore sales 55a1b0de-1111-4222-8333-944455566677"
        })
final class RestoreCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(index = "0", paramLabel = "INSTALLATION", description = "Name or id.")
    private String installation = "";

    @Parameters(index = "1", paramLabel = "BACKUP", description = "Its id, from `uplift backups`.")
    private UUID backup = new UUID(0, 0);

    @Mixin
    private ComposeFiles composeFiles = new ComposeFiles();

    @Option(names = "--no-wait", description = "Begin, print the id, and return.")
    private boolean noWait;

    @Override
    public Integer call() {
        composeFiles.requireEnd(!noWait);
        Api api = server.api();
        return UpgradeCommand.follow(
                api, server.output(), api.restore(new RequestRestore(installation, backup)), noWait, composeFiles);
    }
}
