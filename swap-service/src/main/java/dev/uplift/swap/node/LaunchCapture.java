package dev.uplift.swap.node;

import dev.uplift.contract.ErrorCode;
import dev.uplift.host.DetachedStart;
import dev.uplift.host.Launch;
import dev.uplift.host.Processes;
import dev.uplift.host.RunningProcess;
import dev.uplift.profile.DatabaseSettings;
import dev.uplift.profile.LaunchView;
import dev.uplift.profile.Profile;
import dev.uplift.swap.StepFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads from a running process all that is needed to start it again. */
public final class LaunchCapture {
    /** The name of the database's password in {@link Launch#secrets()}. */
    public static final String DATABASE_PASSWORD = "database-password";

    private static final String LOG = "uplift-app.log";
    private static final int SETTING_FILE_BYTES_MAX = 65_536;

    private LaunchCapture() {}

    /**
     * How a process was started.
     *
     * @param before what was written down earlier: its log file is kept where the process's own is none
     * @throws StepFailedException if this service could not start it again as the same user, or may not
     *     look into it
     */
    public static Launch of(RunningProcess process, Path directory, Profile profile, Optional<Launch> before)
            throws IOException, StepFailedException {
        if (DetachedStart.ownUid() != 0 && DetachedStart.ownUid() != process.uid()) {
            throw StepFailedException.refused(
                    ErrorCode.HOST_UNEXPECTED,
                    process + " runs as " + userName(process.uid()) + ", and this service as "
                            + userName(DetachedStart.ownUid())
                            + ": only root or the same user can start it again");
        }
        if (process.executable().isEmpty()) {
            throw StepFailedException.refused(
                    ErrorCode.HOST_UNEXPECTED, process + " cannot be looked into: its program is not visible");
        }
        Map<String, String> environment = Processes.environment(process.identity());
        String java = process.executable().get();
        List<String> argv = new ArrayList<>(process.argv());
        if (!program(argv.getFirst(), environment, directory).equals(Optional.of(Path.of(java)))) {
            argv.set(0, java);
        }
        Launch launch = new Launch(
                argv,
                environment,
                process.uid(),
                process.gid(),
                process.groups(),
                userName(process.uid()),
                directory.toString(),
                java,
                Processes.outputFile(process.identity())
                        .map(Path::toString)
                        .or(() -> before.map(Launch::logFile))
                        .orElseGet(() -> directory.resolve(LOG).toString()),
                Map.of());
        return launch.withSecrets(secrets(profile.database().settings(view(launch))));
    }

    /** The launch as profiles read it. */
    public static LaunchView view(Launch launch) {
        return new LaunchView(
                launch.argv(), launch.environment(), Path.of(launch.directory()), LaunchCapture::settingFile);
    }

    private static Map<String, String> secrets(DatabaseSettings settings) {
        return switch (settings) {
            case DatabaseSettings.PostgreSql server ->
                server.password() == null ? Map.of() : Map.of(DATABASE_PASSWORD, server.password());
            case DatabaseSettings.H2 file ->
                file.password().isEmpty() ? Map.of() : Map.of(DATABASE_PASSWORD, file.password());
            case DatabaseSettings.Unsupported _ -> Map.of();
        };
    }

    private static Optional<String> settingFile(Path file) {
        try {
            return Files.isRegularFile(file) && Files.size(file) <= SETTING_FILE_BYTES_MAX
                    ? Optional.of(Files.readString(file))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The canonical path of the program that a start with this name runs. */
    private static Optional<Path> program(String name, Map<String, String> environment, Path directory) {
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
                if (Files.isExecutable(candidate)) {
                    return Optional.of(candidate.toRealPath());
                }
            }
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    private static String userName(long uid) {
        try {
            return Files.readAllLines(Path.of("/etc/passwd")).stream()
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
