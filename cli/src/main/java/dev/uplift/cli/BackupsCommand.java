/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.ByteCount;
import dev.uplift.contract.api.BackupEntry;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "backups", mixinStandardHelpOptions = true, description = "Lists proven backups, the newest first.")
final class BackupsCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(arity = "0..1", paramLabel = "INSTALLATION", description = "Only of this one.")
    private String installation = "";

    @Override
    public Integer call() {
        List<BackupEntry> backups = server.api().backups(installation);
        Output output = server.output();
        if (output.json()) {
            backups.forEach(output::json);
            return ExitCode.OK;
        }
        output.table(
                List.of("BACKUP", "INSTALLATION", "TAKEN", "VERSION", "SIZE", "PINNED"),
                backups.stream()
                        .map(entry -> List.of(
                                entry.backup().id().toString(),
                                entry.installation(),
                                Format.time(entry.backup().takenAt()),
                                entry.backup().release().version(),
                                ByteCount.text(entry.backup().sizeBytes()),
                                entry.pinned() ? "yes" : "no"))
                        .toList());
        return ExitCode.OK;
    }
}
