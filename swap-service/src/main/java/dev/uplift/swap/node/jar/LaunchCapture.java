/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.ErrorCode;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.RunningProcess;
import dev.uplift.profile.Profile;
import dev.uplift.swap.node.LaunchSettings;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads from a running process all that is needed to start it again. */
public final class LaunchCapture {

    private static final String LOG = "uplift-app.log";
    private static final Path USERS = Path.of("/etc/passwd");
    private static final int USERS_BYTES_MAX = 10_000_000;

    private LaunchCapture() {}

    /**
     * How a process was started.
     *
     * @param before what was written down earlier: its log file is kept where the process's own is none
     * @throws StepFailure if this service could not start it again as the same user, or may not
     *     look into it
     */
    public static Launch of(Host host, RunningProcess process, Path directory, Profile profile, Optional<Launch> before)
            throws IOException, InterruptedException {
        if (host.uid() != 0 && host.uid() != process.uid()) {
            throw StepFailure.refused(
                    ErrorCode.HOST_UNEXPECTED,
                    process + " runs as " + userName(host, process.uid()) + ", and Uplift as "
                            + userName(host, host.uid())
                            + ": only root or the same user can start it again");
        }
        if (process.executable().isEmpty()) {
            throw StepFailure.refused(
                    ErrorCode.HOST_UNEXPECTED, process + " cannot be looked into: its program is not visible");
        }
        Map<String, String> environment = host.processes().environment(process.identity());
        requireText(process, environment);
        String java = process.executable().get();
        List<String> argv = new ArrayList<>(process.argv());
        if (!program(host, argv.getFirst(), environment, directory).equals(Optional.of(Path.of(java)))) {
            argv.set(0, java);
        }
        Launch launch = new Launch(
                        argv,
                        environment,
                        process.uid(),
                        process.gid(),
                        process.groups(),
                        userName(host, process.uid()),
                        directory.toString(),
                        java,
                        host.processes()
                                .outputFile(process.identity())
                                .map(Path::toString)
                                .or(() -> before.map(Launch::logFile))
                                .orElseGet(() -> fallbackLog(directory)),
                        Map.of(),
                        null,
                        null)
                .as(host.processes().howStarted(process.identity()));
        return launch.withSecrets(
                LaunchSettings.secrets(profile.database().settings(LaunchSettings.view(host, launch))));
    }

    /**
     * All that it was started with is text in UTF-8, as it is written down.
     *
     * @throws StepFailure if something is not; it says what, but not its value, which may be a secret
     */
    private static void requireText(RunningProcess process, Map<String, String> environment) {
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < process.argv().size(); i++) {
            if (isUnreadable(process.argv().get(i))) {
                wrong.add("word " + (i + 1) + " of its command line");
            }
        }
        environment.entrySet().stream()
                .filter(variable -> isUnreadable(variable.getKey()) || isUnreadable(variable.getValue()))
                .map(variable -> "its environment variable " + variable.getKey())
                .sorted()
                .forEach(wrong::add);
        if (process.executable().filter(LaunchCapture::isUnreadable).isPresent()) {
            wrong.add("the path of its program");
        }
        if (!wrong.isEmpty()) {
            throw StepFailure.refused(
                    ErrorCode.HOST_UNEXPECTED,
                    process + " could not be started again in the same way, because not all of it is text in UTF-8: "
                            + String.join(", ", wrong)
                            + "; start the application with that in UTF-8, or without it, and try again");
        }
    }

    /** Whether a text stands for bytes that are no UTF-8. */
    public static boolean isUnreadable(String text) {
        return text.indexOf(RunningProcess.UNREADABLE) >= 0;
    }

    /** Where the output of what is started by Uplift goes if the application's own went to no file. */
    public static String fallbackLog(Path directory) {
        return directory.resolve(LOG).toString();
    }

    /** The canonical path of the program that a start with this name runs. */
    private static Optional<Path> program(Host host, String name, Map<String, String> environment, Path directory) {
        List<Path> candidates = new ArrayList<>();
        try {
            if (name.contains("/")) {
                candidates.add(directory.resolve(name));
            } else {
                for (String entry :
                        environment.getOrDefault("PATH", "/bin:/usr/bin").split(":", -1)) {
                    candidates.add(directory.resolve(entry).resolve(name));
                }
            }
            for (Path candidate : candidates) {
                Optional<Path> program = host.files().program(candidate);
                if (program.isPresent()) {
                    return program;
                }
            }
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    private static String userName(Host host, long uid) {
        try {
            return new String(host.files().read(USERS, USERS_BYTES_MAX), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split(":", -1))
                    .filter(fields -> fields.length > 2 && fields[2].equals(Long.toString(uid)))
                    .map(fields -> fields[0])
                    .findFirst()
                    .orElseGet(() -> Long.toString(uid));
        } catch (IOException e) {
            return Long.toString(uid);
        }
    }
}
