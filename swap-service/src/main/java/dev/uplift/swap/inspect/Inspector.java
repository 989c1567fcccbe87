package dev.uplift.swap.inspect;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Fence;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.LaunchView;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.profile.SettingException;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.JarFileEntries;
import dev.uplift.swap.node.LaunchCapture;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.ProcessNode;
import dev.uplift.swap.node.SagaState;
import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Finds out from a running application how it is run, and writes down on its host what is needed to
 * start it again, secrets included. Its answer holds references to secrets only. When it refuses, it has
 * written nothing. Asking again writes the same again.
 */
public final class Inspector {
    private static final String NODE_NAME = "node-1";

    private final Host host;
    private final Profiles profiles;
    private final NodeProbe probe;
    private final CrashPoints crashPoints;

    public Inspector(Host host, Profiles profiles, NodeProbe probe, CrashPoints crashPoints) {
        this.host = host;
        this.profiles = profiles;
        this.probe = probe;
        this.crashPoints = crashPoints;
    }

    /** The installation, or one line why it cannot be registered. */
    public Inspection inspect(Inspection.Requested asked) throws InterruptedException {
        try {
            return found(asked);
        } catch (StepFailedException e) {
            return refused(asked, e.code(), e.detail());
        } catch (SettingException e) {
            return refused(asked, ErrorCode.HOST_UNEXPECTED, e.getMessage());
        } catch (FencedException | UnexpectedPathException | FenceBusyException e) {
            return refused(asked, ErrorCode.HOST_UNEXPECTED, e.getMessage());
        } catch (FileSystemException e) {
            return refused(
                    asked,
                    ErrorCode.HOST_STORAGE,
                    e.getFile() + ": " + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason()));
        } catch (IOException e) {
            return refused(asked, ErrorCode.HOST_UNEXPECTED, e.getMessage());
        }
    }

    private Inspection found(Inspection.Requested asked)
            throws IOException, InterruptedException, StepFailedException, FencedException {
        if (asked.host() != null || asked.unit() != null || asked.container() != null) {
            throw refuse("only processes on the host of the workers can be registered here");
        }
        RunningProcess process = process(asked);
        RegisteredRoot root = RegisteredRoot.of(
                host.files(),
                process.directory()
                        .orElseThrow(() ->
                                refuse(process + " cannot be looked into: its working directory is not visible")));
        String jar = jarName(process, root.path());
        requireNoOtherSaga(asked, root.path());
        Profile profile = profile(asked, root.path().resolve(jar));
        Optional<Launch> before = LaunchFile.read(host, root.path());
        Launch launch = LaunchCapture.of(host, process, root.path(), profile, before);
        LaunchView view = LaunchCapture.view(host, launch);
        URI baseUrl = profile.health().baseUrl(view);
        DatabaseSpec database = switch (NodeDatabase.of(host, profile, launch)) {
            case NodeDatabase.Supported(DatabaseSpec spec) -> spec;
            case NodeDatabase.Unsupported(String reason) -> throw refuse(reason);
        };
        ProcessNode node = new ProcessNode(
                host,
                new NodeSpec.JarProcess(NODE_NAME, host.name(), root.path().toString(), jar, baseUrl));
        node.layout().form();
        Observation observed = node.observe(profile, probe);
        ApplicationVersion version = switch (observed.version()) {
            case VersionReading.Known(ApplicationVersion known) -> known;
            case VersionReading.Unreadable(String reason) -> throw refuse("its version cannot be told: " + reason);
        };
        List<Check> checks = checks(process, node, observed, version);

        crashPoints.before(SwapEffect.INSPECT_LAUNCH.wireName());
        try (Fence.Held held = host.fence(root.path()).claim(asked.installationId())) {
            LaunchFile.write(held, root.path(), launch);
        }
        crashPoints.after(SwapEffect.INSPECT_LAUNCH.wireName());
        return new Inspection.Found(
                asked.installationId(),
                new InstallationSpec(
                        asked.installationId(),
                        asked.name(),
                        profile.name(),
                        asked.site(),
                        List.of(node.spec()),
                        database),
                observed.release(version),
                checks);
    }

    private RunningProcess process(Inspection.Requested asked) throws IOException, StepFailedException {
        Long pid = asked.pid();
        if (pid != null) {
            RunningProcess process = host.processes()
                    .find(pid)
                    .orElseThrow(() -> refuse("there is no process " + pid + " on this host"));
            if (process.jar().isEmpty()) {
                throw refuse("process " + pid + " runs no JAR: only java -jar x.jar is supported");
            }
            String directory = asked.directory();
            if (directory != null && !process.directory().equals(Optional.of(directory))) {
                throw refuse("process " + pid + " does not run in " + directory);
            }
            return process;
        }
        Path directory = RegisteredRoot.of(host.files(), String.valueOf(asked.directory()))
                .path();
        List<RunningProcess> running = host.processes().runningJarsIn(directory);
        if (running.isEmpty()) {
            throw refuse("no process runs a JAR (java -jar x.jar) in " + directory + "; start the application first");
        }
        if (running.size() > 1) {
            throw refuse(running.size() + " processes run a JAR in " + directory + ": " + RunningProcess.names(running)
                    + "; say which by its pid");
        }
        return running.getFirst();
    }

    private static String jarName(RunningProcess process, Path directory) throws StepFailedException {
        String argument = process.jar().orElseThrow(() -> refuse(process + " runs no JAR"));
        try {
            Path jar = directory.resolve(argument).normalize();
            if (!directory.equals(jar.getParent())) {
                throw refuse(process + " runs in " + directory + ", but its JAR is " + jar
                        + ": only a JAR in the working directory is supported");
            }
            return String.valueOf(jar.getFileName());
        } catch (InvalidPathException e) {
            throw refuse(process + " runs a JAR whose name is no path");
        }
    }

    private void requireNoOtherSaga(Inspection.Requested asked, Path directory)
            throws IOException, StepFailedException {
        Path state = directory.resolve(".uplift");
        if (host.files().isLink(state)) {
            throw new UnexpectedPathException(state + " is a symbolic link");
        }
        Optional<SagaState> saga = SagaState.read(host, directory)
                .filter(remembered -> !remembered.over())
                .filter(remembered -> !remembered.installationId().equals(asked.installationId()));
        if (saga.isPresent()) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    directory + " is being upgraded as another installation ("
                            + saga.get().installationId() + ")");
        }
    }

    private Profile profile(Inspection.Requested asked, Path jar) throws IOException, StepFailedException {
        String name = String.valueOf(jar.getFileName());
        try (JarFileEntries entries = new JarFileEntries(host, jar)) {
            if (asked.profile() != null) {
                Profile profile = profiles.byName(asked.profile())
                        .orElseThrow(() -> refuse("there is no profile '" + asked.profile() + "'; there are "
                                + names(List.copyOf(profiles.all()))));
                if (!profile.recognises(name, entries)) {
                    throw refuse(name + " is not " + profile.title() + ": its profile does not recognise the JAR");
                }
                return profile;
            }
            List<Profile> recognising = profiles.recognise(name, entries);
            if (recognising.isEmpty()) {
                throw refuse("no profile recognises " + name + "; there are " + names(List.copyOf(profiles.all())));
            }
            if (recognising.size() > 1) {
                throw refuse("several profiles recognise " + name + ": " + names(recognising) + "; say which");
            }
            return recognising.getFirst();
        } catch (AccessDeniedException | NoSuchFileException e) {
            throw refuse(jar + " cannot be read");
        } catch (ZipException e) {
            throw refuse(jar + " is not a JAR");
        }
    }

    private List<Check> checks(
            RunningProcess process, ProcessNode node, Observation observed, ApplicationVersion version)
            throws IOException {
        List<Check> checks = new ArrayList<>();
        boolean listens = host.processes().listeningPorts(process.identity()).contains(node.port());
        checks.add(new Check(
                "process",
                listens ? Check.Verdict.OK : Check.Verdict.WARN,
                "process " + process.pid() + (listens ? " listens" : " does not listen") + " on port " + node.port()));
        checks.add(
                switch (observed.health()) {
                    case NodeProbe.Health.Healthy() -> new Check("health", Check.Verdict.OK, "healthy");
                    case NodeProbe.Health.Starting _ -> new Check("health", Check.Verdict.WARN, "it is still starting");
                    case NodeProbe.Health.Failing(String reason) -> new Check("health", Check.Verdict.WARN, reason);
                });
        boolean agrees =
                observed.inPlace() instanceof VersionReading.Known(ApplicationVersion inJar) && inJar.equals(version);
        checks.add(new Check(
                "version",
                agrees ? Check.Verdict.OK : Check.Verdict.WARN,
                agrees ? version.text() : "it answers " + version + ", its JAR says something else"));
        return checks;
    }

    private static String names(List<Profile> profiles) {
        return String.join(", ", profiles.stream().map(Profile::name).toList());
    }

    private static StepFailedException refuse(String detail) {
        return StepFailedException.refused(ErrorCode.PREFLIGHT_REFUSED, detail);
    }

    private static Inspection refused(Inspection.Requested asked, ErrorCode code, @Nullable String detail) {
        return new Inspection.Refused(
                asked.installationId(), code, String.valueOf(detail).replaceAll("\\p{Cntrl}", " "));
    }
}
