/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Check;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Says what this machine lacks, and the command that installs it.",
            "It looks at this machine only, which runs the workers of the standalone; on another machine with "
                    + "workers, run it there."
        })
final class DoctorCommand implements Callable<Integer> {
    private static final long DISK_BYTES_MIN = 2_000_000_000L;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Override
    public Integer call() throws IOException {
        List<Check> checks = new ArrayList<>();
        checks.add(machine());
        checks.add(java());
        checks.add(tool("pg_dump", "postgresql-client", "backups of PostgreSQL databases"));
        checks.add(tool("pg_restore", "postgresql-client", "proving and restoring them"));
        checks.add(tool("setsid", "util-linux", "starting applications detached"));
        checks.add(tool("setpriv", "util-linux", "starting applications as their own users"));
        checks.add(user());
        checks.add(disk());
        checks.add(orchestrator());
        Output output = server.output();
        for (Check check : checks) {
            if (output.json()) {
                output.json(check);
            } else {
                output.line(String.format("%-4s %-13s %s", check.verdict(), check.name(), check.detail()));
            }
        }
        return checks.stream().anyMatch(check -> check.verdict() == Check.Verdict.FAIL)
                ? ExitCode.UNAVAILABLE
                : ExitCode.OK;
    }

    private static Check machine() {
        String name;
        try {
            name = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            name = "localhost";
        }
        return new Check("machine", Check.Verdict.OK, name + ": only this one was looked at, no other host");
    }

    private static Check java() {
        return new Check(
                "java", Check.Verdict.OK, "Java " + Runtime.version() + " in " + System.getProperty("java.home"));
    }

    private static Check tool(String command, String debianPackage, String why) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, command))
                .filter(Files::isExecutable)
                .findFirst()
                .map(path -> new Check(command, Check.Verdict.OK, path.toString()))
                .orElseGet(() -> new Check(
                        command,
                        Check.Verdict.FAIL,
                        "missing, needed for " + why + "; install it with: apt-get install " + debianPackage));
    }

    private static Check user() {
        String name = System.getProperty("user.name");
        return "root".equals(name)
                ? new Check("user", Check.Verdict.OK, "root: applications of any user can be upgraded")
                : new Check(
                        "user",
                        Check.Verdict.WARN,
                        name + ": only applications that run as " + name + " can be upgraded");
    }

    private Check disk() throws IOException {
        Path existing = server.home();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        long free = Files.getFileStore(existing).getUsableSpace();
        return new Check(
                "disk",
                free < DISK_BYTES_MIN ? Check.Verdict.WARN : Check.Verdict.OK,
                ByteCount.text(free) + " free for artifacts and backups in " + server.home());
    }

    private Check orchestrator() {
        try {
            long count = server.api().installationCount();
            return new Check("orchestrator", Check.Verdict.OK, "answers; it knows " + count + " installations");
        } catch (CommandFailedException e) {
            return new Check("orchestrator", Check.Verdict.WARN, String.valueOf(e.getMessage()));
        }
    }
}
