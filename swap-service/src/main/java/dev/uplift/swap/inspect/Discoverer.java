/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Json;
import dev.uplift.contract.NodeKind;
import dev.uplift.docker.DockerEngine;
import dev.uplift.host.Host;
import dev.uplift.host.RunningProcess;
import dev.uplift.messaging.OneLine;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.site.Site;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds what runs on a host that a profile recognises: processes that run a JAR, the units that started
 * them, and containers. Each is looked at as an inspection does, within one minute in all, and nothing is changed. What
 * cannot be looked at is said; it does not keep the rest from being found.
 */
public final class Discoverer {
    private static final Duration LOOK_MAX = Duration.ofSeconds(60);
    private static final Duration COMPARE_MAX = Duration.ofSeconds(15);
    private static final int AT_A_TIME = 4;
    private static final int NAMED_MAX = 5;
    private static final int SHORT_ID_LENGTH = 12;

    /** Together with the notes less than a message may have. */
    private static final int USABLE_BYTES_MAX = 600_000;

    private static final int UNUSABLE_BYTES_MAX = 300_000;

    private final Site site;
    private final ProfileChoice profiles;
    private final Inspector inspector;
    private final SharedDatabases databases;
    private final Duration lookMax;

    /** One that inspects by {@code inspector}, which works at the same site with the same profiles. */
    public Discoverer(Site site, Profiles profiles, Inspector inspector) {
        this(site, profiles, inspector, LOOK_MAX);
    }

    Discoverer(Site site, Profiles profiles, Inspector inspector, Duration lookMax) {
        this.site = site;
        this.profiles = new ProfileChoice(profiles);
        this.inspector = inspector;
        this.databases = new SharedDatabases(site, profiles, COMPARE_MAX);
        this.lookMax = lookMax;
    }

    /** What was found, or one line why the host cannot be looked at. */
    public Discovery discover(Discovery.Requested asked) throws InterruptedException {
        try {
            return found(asked);
        } catch (IOException e) {
            StepFailure failure = Refusals.FAILURES.of(e);
            return new Discovery.Refused(asked.discoveryId(), failure.code(), failure.detail());
        }
    }

    /**
     * Something to look at.
     *
     * @param place as a candidate has it
     * @param pid as a candidate has it
     */
    private record Look(
            NodeKind kind, @Nullable String place, @Nullable Long pid, Callable<Optional<Candidate>> work) {
        /** What it is about, for a person. */
        String what() {
            String where = place == null ? "" : place;
            return kind == NodeKind.DOCKER
                    ? "container " + where.substring(0, Math.min(where.length(), SHORT_ID_LENGTH))
                    : "process " + pid + (where.isEmpty() ? "" : " (" + where + ")");
        }
    }

    private Discovery.Found found(Discovery.Requested asked) throws IOException, InterruptedException {
        List<String> notes = new ArrayList<>();
        List<Look> looks = new ArrayList<>();
        if (!(asked.host() instanceof HostSpec.DockerTls)) {
            Host host = site.connections().host(asked.host());
            List<RunningProcess> processes = host.processes().runningJars();
            ProcessCandidates candidates = new ProcessCandidates(host, processes, asked, profiles, inspector);
            for (RunningProcess process : first(processes, "processes that run a JAR", notes)) {
                looks.add(new Look(
                        NodeKind.PROCESS,
                        process.directory().orElse(null),
                        process.pid(),
                        () -> candidates.look(process)));
            }
        }
        looks.addAll(containers(asked, notes));
        List<Candidate> candidates = databases.distinguished(candidates(looks, notes));
        reportUnrecognised(candidates, notes);
        return new Discovery.Found(
                asked.discoveryId(),
                fitting(
                        of(Candidate.Usable.class, candidates)
                                .map(Candidate.Usable::answer)
                                .toList(),
                        USABLE_BYTES_MAX,
                        "applications",
                        notes),
                fitting(
                        of(Candidate.Unusable.class, candidates)
                                .map(Candidate.Unusable::answer)
                                .toList(),
                        UNUSABLE_BYTES_MAX,
                        "applications that cannot be registered",
                        notes),
                notes);
    }

    /** That there is no engine is usual on a host of processes; of a host that is only an engine nothing is left. */
    private List<Look> containers(Discovery.Requested asked, List<String> notes)
            throws IOException, InterruptedException {
        List<Look> looks = new ArrayList<>();
        try {
            DockerEngine engine = site.connections().engine(asked.host());
            ContainerCandidates candidates = new ContainerCandidates(engine, asked, profiles, inspector);
            for (String id : first(engine.containers().running(), "containers that run", notes)) {
                looks.add(new Look(NodeKind.DOCKER, id, null, () -> candidates.look(id)));
            }
        } catch (IOException e) {
            if (asked.host() instanceof HostSpec.DockerTls) {
                throw e;
            }
            notes.add(OneLine.of("containers were not looked at, because no Docker Engine answers: " + e.getMessage()));
        }
        return looks;
    }

    /** One for several processes of a unit. */
    private Set<Candidate> candidates(List<Look> looks, List<String> notes) throws InterruptedException {
        ExecutorService workers = Executors.newFixedThreadPool(
                AT_A_TIME, Thread.ofVirtual().name("discover-", 0).factory());
        try {
            List<Future<Optional<Candidate>>> outcomes = workers.invokeAll(
                    looks.stream().map(Look::work).toList(), lookMax.toMillis(), TimeUnit.MILLISECONDS);
            Set<Candidate> candidates = new LinkedHashSet<>();
            List<String> unfinished = new ArrayList<>();
            for (int i = 0; i < outcomes.size(); i++) {
                if (outcomes.get(i).isCancelled()) {
                    unfinished.add(looks.get(i).what());
                } else {
                    candidate(looks.get(i), outcomes.get(i)).ifPresent(candidates::add);
                }
            }
            if (!unfinished.isEmpty()) {
                notes.add(OneLine.of(unfinished.size() + " of " + looks.size()
                        + " processes and containers were not looked at within " + lookMax.toSeconds() + " s: "
                        + named(unfinished) + "; ask again when the host is less busy, or add one by its name"));
            }
            return candidates;
        } finally {
            workers.shutdownNow();
        }
    }

    private static Optional<Candidate> candidate(Look look, Future<Optional<Candidate>> outcome)
            throws InterruptedException {
        try {
            return outcome.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return Optional.of(Candidate.unusable(look.kind(), look.place(), look.pid(), List.of(), OneLine.of(cause)));
        }
    }

    private static void reportUnrecognised(List<Candidate> candidates, List<String> notes) {
        List<String> unrecognised = of(Candidate.Unrecognised.class, candidates)
                .map(Candidate.Unrecognised::what)
                .toList();
        if (!unrecognised.isEmpty()) {
            notes.add(OneLine.of("no profile recognises the JAR of " + named(unrecognised)
                    + "; to upgrade one, describe it in a profile (docs/profiles.md)"));
        }
    }

    private static String named(List<String> all) {
        int more = all.size() - NAMED_MAX;
        return String.join(", ", all.subList(0, Math.min(all.size(), NAMED_MAX)))
                + (more > 0 ? " and " + more + " more" : "");
    }

    private static <T extends Candidate> Stream<T> of(Class<T> kind, List<Candidate> candidates) {
        return candidates.stream().filter(kind::isInstance).map(kind::cast);
    }

    private static <T> List<T> first(List<T> all, String what, List<String> notes) {
        return limited(all, Discovery.CANDIDATES_MAX, what, notes);
    }

    /** As many candidates of a kind as an answer has room for. */
    private static <T extends Discovery.Candidate> List<T> fitting(
            List<T> all, int bytesMax, String what, List<String> notes) throws IOException {
        int count = 0;
        int bytes = 0;
        while (count < Math.min(all.size(), Discovery.CANDIDATES_MAX)) {
            bytes += Json.mapper().writeValueAsBytes(all.get(count)).length;
            if (bytes > bytesMax) {
                break;
            }
            count++;
        }
        return limited(all, count, what, notes);
    }

    private static <T> List<T> limited(List<T> all, int count, String what, List<String> notes) {
        if (all.size() <= count) {
            return all;
        }
        notes.add("of " + all.size() + " " + what + " only " + count + " are taken");
        return all.subList(0, count);
    }
}
