/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static dev.uplift.swap.inspect.Refusals.refuse;

import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.HostJar;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.RunningProcess;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.profile.SettingException;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.LaunchSettings;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.Supervision;
import dev.uplift.swap.node.jar.JarNode;
import dev.uplift.swap.node.jar.LaunchCapture;
import dev.uplift.swap.node.jar.ProcessNode;
import dev.uplift.swap.node.systemd.SystemdNode;
import dev.uplift.swap.site.Site;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Finds out from a running application how it is run and, once that was accepted, writes down on its host what is needed
 * to start it again, secrets included. Its answer holds references to secrets only. When it refuses, or was not accepted
 * yet, it has written nothing. Asking again writes the same again.
 */
public final class Inspector {
    private static final Pattern VERSION_IN_NAME = Pattern.compile("\\d+\\.\\d+");

    private final Site site;
    private final ProfileChoice profiles;
    private final NodeProbe probe;
    private final CrashPoints crashPoints;

    public Inspector(Site site, Profiles profiles, NodeProbe probe, CrashPoints crashPoints) {
        this.site = site;
        this.profiles = new ProfileChoice(profiles);
        this.probe = probe;
        this.crashPoints = crashPoints;
    }

    /** The installation, or one line why it cannot be registered. */
    public Inspection inspect(Inspection.Requested asked) throws InterruptedException {
        return answer(asked, true).answer();
    }

    /** As {@link #inspect}, but nothing is changed, also not what was allowed, and no proof is waited for. */
    InspectionOutcome look(Inspection.Requested asked) throws InterruptedException {
        return answer(asked, false);
    }

    private InspectionOutcome answer(Inspection.Requested asked, boolean registers) throws InterruptedException {
        try {
            return found(asked, registers);
        } catch (SettingException e) {
            return refused(asked, ErrorCode.HOST_UNEXPECTED, e.getMessage());
        } catch (FencedException | FenceBusyException e) {
            // No command is refused here: somebody else works in the directory, or it is another installation's.
            return refused(asked, ErrorCode.HOST_UNEXPECTED, e.getMessage());
        } catch (StepFailure e) {
            return refused(asked, e.code(), e.detail());
        } catch (IOException e) {
            StepFailure failure = Refusals.FAILURES.of(e);
            return refused(asked, failure.code(), failure.detail());
        }
    }

    private InspectionOutcome found(Inspection.Requested asked, boolean registers)
            throws IOException, InterruptedException, FencedException {
        String container = asked.container();
        if (container != null) {
            return new ContainerInspector(site, profiles, probe, crashPoints).found(asked, container, registers);
        }
        Membership membership = new Membership(site, asked, probe, crashPoints, registers);
        Host host = site.connections().host(asked.host());
        RunningProcess process = process(host, asked);
        if (process.directory().filter(LaunchCapture::isUnreadable).isPresent()
                || process.jar().filter(LaunchCapture::isUnreadable).isPresent()) {
            throw refuse("the path of the directory or the JAR of " + process
                    + " is not text in UTF-8; give it another name, start the application there and try again");
        }
        RegisteredRoot root = RegisteredRoot.of(
                host.files(),
                process.directory()
                        .orElseThrow(() ->
                                refuse(process + " cannot be looked into: its working directory is not visible")));
        String jar = jarName(process, root.path());
        Refusals.requireNoOtherSaga(host, asked.installationId(), root.path());
        Profile profile = profile(host, asked, root.path().resolve(jar));
        Optional<Launch> before = LaunchFile.read(host, root.path());
        URI baseUrl = profile.health()
                .baseUrl(LaunchSettings.view(host, LaunchCapture.of(host, process, root.path(), profile, before)));
        JarNode node = node(host, asked, membership.nodeName(), root.path().toString(), jar, baseUrl);
        node.layout().form();
        Observation observed = node.observe(profile, probe);
        return membership.accept(profile, node, observed, checks(process, node, observed));
    }

    private static JarNode node(
            Host host, Inspection.Requested asked, String name, String directory, String jar, URI baseUrl)
            throws IOException {
        String unit = asked.unit();
        return unit == null
                ? new ProcessNode(host, new NodeSpec.JarProcess(name, host.name(), directory, jar, baseUrl))
                : new SystemdNode(host, new NodeSpec.Systemd(name, host.name(), unit, directory, jar, baseUrl));
    }

    private static RunningProcess process(Host host, Inspection.Requested asked)
            throws IOException, InterruptedException {
        String unit = asked.unit();
        if (unit != null) {
            return SystemdNode.process(host, unit)
                    .orElseThrow(() -> refuse(unit + " runs no JAR (java -jar x.jar); start it first"));
        }
        RunningProcess process = plain(host, asked);
        Optional<String> container = Supervision.of(host, process).container();
        if (container.isPresent()) {
            throw refuse(process + " runs in container " + container.get()
                    + "; register that: --container NAME, with the name that `docker ps` shows for it");
        }
        Optional<String> starter = SystemdNode.unitOf(host, process);
        if (starter.isPresent()) {
            throw refuse(process + " is run by systemd, which would start it again; register its unit: --unit "
                    + starter.get());
        }
        return process;
    }

    private static RunningProcess plain(Host host, Inspection.Requested asked) throws IOException {
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

    private static String jarName(RunningProcess process, Path directory) {
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

    private Profile profile(Host host, Inspection.Requested asked, Path jar) throws IOException {
        String name = String.valueOf(jar.getFileName());
        try (HostJar entries = new HostJar(host, jar)) {
            return profiles.of(asked.profile(), name, entries::open);
        } catch (AccessDeniedException | NoSuchFileException e) {
            throw refuse(jar + " cannot be read");
        } catch (ZipException e) {
            throw refuse(jar + " is not a JAR");
        }
    }

    private static List<Check> checks(RunningProcess process, JarNode node, Observation observed)
            throws IOException, InterruptedException {
        CheckList own = new CheckList(false);
        node.check(observed.instance(), own);
        if (observed.instance().isPresent()) {
            node.checkShown(observed.instance().get(), own);
        }
        List<Check> checks = new ArrayList<>(Refusals.requireNoFailure(own));
        boolean listens =
                node.host().processes().listeningPorts(process.identity()).contains(node.port());
        checks.add(new Check(
                "process",
                listens ? Check.Verdict.OK : Check.Verdict.WARN,
                "process " + process.pid() + (listens ? " listens" : " does not listen") + " on port " + node.port()));
        if (VERSION_IN_NAME.matcher(node.spec().jar()).find()) {
            checks.add(new Check(
                    "jar-name",
                    Check.Verdict.WARN,
                    node.spec().jar() + " keeps this name, whatever version it is upgraded to, so that `ps` will show a"
                            + " wrong one; to avoid that, start it from a JAR without a version in its name first"));
        }
        return checks;
    }

    private static InspectionOutcome refused(Inspection.Requested asked, ErrorCode code, @Nullable String detail) {
        return new InspectionOutcome.Refused(new Inspection.Refused(
                asked.installationId(), code, String.valueOf(detail).replaceAll("\\p{Cntrl}", " ")));
    }
}
