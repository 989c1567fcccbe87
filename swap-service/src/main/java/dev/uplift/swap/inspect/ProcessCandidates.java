/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeKind;
import dev.uplift.host.Host;
import dev.uplift.host.HostJar;
import dev.uplift.host.RunningProcess;
import dev.uplift.swap.node.Supervision;
import dev.uplift.swap.node.systemd.SystemdNode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** The processes of a host, and the units that started them, as what could be registered. */
record ProcessCandidates(
        Host host, List<RunningProcess> all, Discovery.Requested asked, ProfileChoice profiles, Inspector inspector) {
    private static final String LOG_IN = "; log in as root, or as the user that it runs as";

    /** A process, or its unit; empty if it has ended, belongs to a container, or is Uplift. */
    Optional<Candidate> look(RunningProcess process) throws IOException, InterruptedException {
        if (Supervision.of(host, process).container().isPresent()) {
            return Optional.empty();
        }
        Optional<Candidate> candidate =
                look(process, SystemdNode.unitOf(host, process).orElse(null));
        return host.processes().runs(process.identity()) ? candidate : Optional.empty();
    }

    private Optional<Candidate> look(RunningProcess process, @Nullable String unit)
            throws IOException, InterruptedException {
        String argument = process.jar().orElse("");
        if (process.directory().isEmpty() && !argument.startsWith("/")) {
            return unusable(
                    process,
                    unit,
                    List.of(),
                    process + " cannot be looked into: its working directory is not visible" + LOG_IN);
        }
        Path jar = Path.of(process.directory().orElse("/")).resolve(argument).normalize();
        List<String> recognising;
        try (HostJar entries = new HostJar(host, jar)) {
            if (OwnService.is(entries::open)) {
                return Optional.empty();
            }
            recognising = profiles.recognising(String.valueOf(jar.getFileName()), entries::open);
        } catch (ZipException e) {
            recognising = List.of();
        } catch (AccessDeniedException e) {
            return unusable(process, unit, List.of(), jar + " cannot be read" + LOG_IN);
        } catch (NoSuchFileException e) {
            return unusable(process, unit, List.of(), jar + " is gone; start the application anew");
        }
        if (recognising.isEmpty()) {
            return Optional.of(
                    new Candidate.Unrecognised((unit == null ? process : "unit " + unit) + " (" + jar + ")"));
        }
        InspectionOutcome seen = inspector.look(new Inspection.Requested(
                asked.discoveryId(),
                unit == null ? process.toString() : unit,
                null,
                asked.site(),
                unit == null ? process.pid() : null,
                null,
                asked.host(),
                unit,
                null,
                null,
                null));
        return switch (seen) {
            case InspectionOutcome.Running running ->
                Optional.of(Candidate.of(running, unit == null && isOneOfSeveral(process) ? process.pid() : null));
            case InspectionOutcome.Refused refused ->
                unusable(process, unit, recognising, refused.answer().detail());
        };
    }

    private static Optional<Candidate> unusable(
            RunningProcess process, @Nullable String unit, List<String> recognising, String reason) {
        return Optional.of(
                unit == null
                        ? Candidate.unusable(
                                NodeKind.PROCESS, process.directory().orElse(null), process.pid(), recognising, reason)
                        : Candidate.unusable(NodeKind.SYSTEMD, unit, null, recognising, reason));
    }

    private boolean isOneOfSeveral(RunningProcess process) {
        return all.stream()
                        .filter(other -> other.directory().equals(process.directory()))
                        .count()
                > 1;
    }
}
