/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import dev.uplift.artifact.transfer.FetchEffect;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.swap.SwapEffect;
import dev.uplift.systemtests.Dashboard.Store;
import dev.uplift.testbed.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The table of {@link CrashIT}: a kill before and after each effect of each service, on the way forward and on the way
 * back, shared out to upgrades with at most one kill of each service in each.
 */
final class CrashRuns {
    static final List<String> SERVICES = List.of("orchestrator", "artifact", "backup", "swap");

    private static final List<String> MOMENTS = List.of("BEFORE", "AFTER");
    private static final List<String> POINTS =
            List.of("batch.commit", "offsets.commit", "relay.publish", "relay.delete");

    /** Effects that no run has. */
    private static final Set<String> OFF_COURSE = Set.of(
            // Registration, and a launch that has changed since.
            "swap.inspect.launch",
            "swap.preflight.launch",
            // An application that ignores SIGTERM, or still runs when its migration has failed.
            "swap.stop.kill",
            "swap.command.clear",
            "swap.halt.terminate",
            "swap.halt.kill",
            // A person at work.
            "swap.switch.disturbed",
            // What a host starts by itself.
            "swap.stop.autostart",
            "swap.resume.autostart",
            "swap.commit.autostart",
            // More than one node.
            "swap.scale.start",
            "swap.scale.record",
            "swap.scale.serving",
            "swap.scale.terminate",
            "swap.scale.kill",
            "swap.scale.leave",
            "swap.unscale.terminate",
            "swap.unscale.kill",
            // A restore that an operator asks for.
            "backup.reinstate.clean",
            "backup.reinstate.create",
            "backup.reinstate.load",
            "backup.reinstate.settings",
            "backup.reinstate.keep",
            "backup.reinstate.replace",
            "backup.reinstate.forget",
            // The schema of an H2 file is not rehearsed.
            "backup.preflight.rehearse H2",
            "backup.preflight.discard H2",
            // On PostgreSQL the failed database is renamed with the new one, in one transaction.
            "backup.restore.keep POSTGRESQL",
            // An artifact that is damaged in the store, or a transfer that was cut.
            "artifact.fetch.discard",
            "artifact.fetch.evict",
            // A store that is full.
            "artifact.fetch.forget");

    private CrashRuns() {}

    /** Where the saga goes. */
    enum Course {
        /** The first upgrade of a directory, which is adopted. */
        FIRST,
        FORWARD,
        BACK,
        /** Back by the new version's own command, with what it has taken in. */
        DOWN
    }

    /**
     * One kill.
     *
     * @param point effect and moment
     * @param occurrence the how manieth time it is reached, from 1
     */
    record Kill(String service, String point, int occurrence) {
        Kill(String service, String point) {
            this(service, point, 1);
        }

        @Override
        public String toString() {
            return point + (occurrence == 1 ? "" : " #" + occurrence);
        }
    }

    /** One upgrade, with its kills. */
    record Run(Course course, Store store, List<Kill> kills) {
        @Override
        public String toString() {
            return course + " " + store + " "
                    + String.join(", ", kills.stream().map(Kill::toString).toList());
        }
    }

    /** Every forty-first run, of one course with {@code -Duplift.crash.course=BACK}; all of them take half an hour. */
    static List<Run> everyNth() {
        String only = System.getProperty("uplift.crash.course");
        List<Run> runs = new ArrayList<>();
        for (Course course : only == null ? Course.values() : new Course[] {Course.valueOf(only)}) {
            for (Store store : Store.values()) {
                List<List<Kill>> byService = SERVICES.stream()
                        .map(service -> kills(service, course, store))
                        .toList();
                int count = byService.stream().mapToInt(List::size).max().orElse(0);
                for (int run = 0; run < count; run++) {
                    int number = run;
                    runs.add(new Run(
                            course,
                            store,
                            byService.stream()
                                    .filter(kills -> number < kills.size())
                                    .map(kills -> kills.get(number))
                                    .toList()));
                }
            }
        }
        return Sample.of(runs, 41);
    }

    /** What does not depend on the database is shared out between the two. */
    private static List<Kill> kills(String service, Course course, Store store) {
        List<Kill> any = new ArrayList<>();
        List<Kill> kills = new ArrayList<>();
        for (String moment : MOMENTS) {
            switch (service) {
                case "swap" ->
                    SwapEffect.names().stream()
                            .filter(effect -> isOn(course, store, effect))
                            .forEach(effect -> any.add(new Kill(service, effect + ":" + moment)));
                case "artifact" ->
                    FetchEffect.names().stream()
                            .filter(effect -> isOn(course, store, effect))
                            .forEach(effect -> any.add(new Kill(service, effect + ":" + moment)));
                case "backup" ->
                    BackupEffect.names().stream()
                            .filter(effect -> isOn(course, store, effect))
                            .forEach(effect -> kills.add(new Kill(service, effect + ":" + moment)));
                default -> {}
            }
            for (String point : POINTS) {
                String name = service + "." + point + ":" + moment;
                if (service.equals("orchestrator")) {
                    for (int occurrence : occurrences(course)) {
                        any.add(new Kill(service, name, occurrence));
                    }
                } else if (course == Course.FORWARD) {
                    any.add(new Kill(service, name));
                }
            }
            if (Effects.WORKERS.contains(service) && course == Course.FORWARD) {
                any.add(new Kill(service, service + ".reply.commit:" + moment));
            }
        }
        List<Store> stores = List.of(Store.values());
        IntStream.range(0, any.size())
                .filter(index -> stores.get(index % stores.size()) == store)
                .forEach(index -> kills.add(any.get(index)));
        return kills;
    }

    private static int[] occurrences(Course course) {
        return switch (course) {
            case FIRST -> new int[] {};
            case FORWARD -> new int[] {1, 4, 8};
            case BACK -> new int[] {7, 10, 13};
            case DOWN -> new int[] {16};
        };
    }

    private static boolean isOn(Course course, Store store, String effect) {
        return courseOf(effect) == course
                && !effect.startsWith("swap.container.")
                && !OFF_COURSE.contains(effect)
                && !OFF_COURSE.contains(effect + " " + store);
    }

    private static Course courseOf(String effect) {
        if (Set.of("swap.switch.adopt", "swap.switch.origin", "swap.switch.jar").contains(effect)) {
            return Course.FIRST;
        }
        if (effect.equals("swap.command.run") || effect.startsWith("backup.secure.")) {
            return Course.DOWN;
        }
        return Stream.of("unstage", "resume", "revert", "halt", "restore").anyMatch(effect::contains)
                ? Course.BACK
                : Course.FORWARD;
    }
}
