/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.api.ReleaseEntry;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "releases",
        mixinStandardHelpOptions = true,
        description = {
            "Lists what upgrades were completed with, the newest first: the JAR or image that a version is. Upgrades"
                    + " that pin nothing get the same again.",
        },
        footer = {
            "",
            "Examples:",
            "  uplift releases v0.51.8",
            "  uplift releases forget 5f2c... --reason \"a build of our own by mistake\""
        },
        subcommands = ReleasesCommand.Forget.class)
final class ReleasesCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(arity = "0..1", paramLabel = "TEXT", description = "Only with this in profile, version or SHA-256.")
    private String text = "";

    @Override
    public Integer call() {
        List<ReleaseEntry> releases = server.api().releases(text);
        Output output = server.output();
        if (output.json()) {
            releases.forEach(output::json);
            return ExitCode.OK;
        }
        output.table(
                List.of("PROFILE", "VERSION", "WHAT", "SHA-256", "PINNED", "SINCE", "FIRST COMPLETED ON", "FORGOTTEN"),
                releases.stream().map(ReleasesCommand::row).toList());
        return ExitCode.OK;
    }

    private static List<String> row(ReleaseEntry entry) {
        return List.of(
                entry.profile(),
                entry.artifact().version(),
                entry.artifact().repository().orElse("JAR"),
                entry.artifact().sha256(),
                entry.artifact().pinned() ? "yes" : "no",
                Format.time(entry.completedAt()),
                entry.installation(),
                entry.forgotten() == null
                        ? "-"
                        : Format.time(entry.forgotten().at()) + " by "
                                + entry.forgotten().by() + ": "
                                + entry.forgotten().reason());
    }

    @Command(
            name = "forget",
            mixinStandardHelpOptions = true,
            description = {
                "Lets a JAR or an image no longer count as what its version is. What runs it is not touched, and an"
                        + " upgrade that is completed with it brings it back.",
                "Who did it, why and when stays in `uplift releases`."
            })
    static final class Forget implements Callable<Integer> {
        @Mixin
        private ServerOptions server = new ServerOptions();

        @Parameters(paramLabel = "SHA-256", description = "Of the JAR, or the image's digest: 64 hexadecimal digits.")
        private String sha256 = "";

        @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why; kept and shown.")
        private String reason = "";

        @Mixin
        private ReasonOptions options = new ReasonOptions();

        @Override
        public Integer call() {
            String hash = sha256.toLowerCase(Locale.ROOT).replaceFirst("^sha256:", "");
            List<ReleaseEntry> forgotten = server.api().forgetRelease(hash, options.because(reason));
            Output output = server.output();
            if (output.json()) {
                forgotten.forEach(output::json);
            } else {
                forgotten.forEach(entry -> output.note("forgot what " + entry.profile() + " "
                        + entry.artifact().version() + " is ("
                        + entry.artifact().repository().orElse("JAR") + "): "
                        + entry.artifact().sha256()));
            }
            return ExitCode.OK;
        }
    }
}
