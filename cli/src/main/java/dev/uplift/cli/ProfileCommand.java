/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.profile.Profile;
import dev.uplift.profile.ProfileException;
import dev.uplift.profile.Profiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "profile",
        mixinStandardHelpOptions = true,
        description = "Application profiles: what Uplift knows of the applications that it upgrades.",
        subcommands = {ProfileCommand.ListProfiles.class, ProfileCommand.CheckProfile.class})
final class ProfileCommand {
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the built-in profiles and those in HOME/profiles.")
    static final class ListProfiles implements Callable<Integer> {
        @Mixin
        private ServerOptions server = new ServerOptions();

        @Override
        public Integer call() {
            Output output = server.output();
            Path own = server.home().resolve("profiles");
            try {
                for (Profile profile : Profiles.load(Optional.of(own).filter(Files::isDirectory))
                        .all()) {
                    output.line(profile.name());
                }
                return ExitCode.OK;
            } catch (ProfileException e) {
                throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
            }
        }
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Checks a profile and lists all that is wrong with it, by line.")
    static final class CheckProfile implements Callable<Integer> {
        @Mixin
        private ServerOptions server = new ServerOptions();

        @Parameters(paramLabel = "FILE", description = "A YAML file; docs/profiles.md describes it.")
        private Path file = Path.of("");

        @Override
        public Integer call() {
            Output output = server.output();
            try {
                output.line(file + ": " + Profiles.check(file).name() + " is good");
                return ExitCode.OK;
            } catch (ProfileException e) {
                e.problems().forEach(problem -> output.line(problem.toString()));
                return ExitCode.FAILED;
            }
        }
    }
}
