/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Follows upgrades until each is final or parked. The upgrades themselves do not depend on it. */
public final class Follower {
    private static final Duration REFRESH = Duration.ofMillis(300);

    private final Api api;
    private final Output output;
    private final ProgressView view;
    private final Duration unreachableMax;
    private final boolean own;
    private Instant reachedAt = Instant.now();
    private boolean complained;

    /** Bears an orchestrator that does not answer for two minutes. */
    Follower(Api api, Output output) {
        this(api, output, false);
    }

    private Follower(Api api, Output output, boolean own) {
        this(api, output, new ProgressView(output, ProgressView.onTerminal()), Duration.ofMinutes(2), own);
    }

    /** The same for upgrades by services that end with this process: it does not say that they go on. */
    public static Follower ofOwn(Api api, Output output) {
        return new Follower(api, output, true);
    }

    /** @param unreachableMax how long the orchestrator may be away before this gives up */
    Follower(Api api, Output output, ProgressView view, Duration unreachableMax) {
        this(api, output, view, unreachableMax, false);
    }

    private Follower(Api api, Output output, ProgressView view, Duration unreachableMax, boolean own) {
        this.own = own;
        this.api = api;
        this.output = output;
        this.view = view;
        this.unreachableMax = unreachableMax;
    }

    /** Returns the last status of each, in the order given. */
    public List<UpgradeStatus> follow(List<UUID> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        Thread farewell = Thread.ofPlatform()
                .unstarted(() ->
                        output.note("the upgrade goes on; `uplift watch` follows it, `uplift cancel` takes it back"));
        if (!own) {
            Runtime.getRuntime().addShutdownHook(farewell);
        }
        try (EventStream events = api.events()) {
            return follow(ids, events);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException(ExitCode.FAILED, "interrupted");
        } finally {
            if (!own) {
                withdraw(farewell);
            }
        }
    }

    private static void withdraw(Thread farewell) {
        try {
            Runtime.getRuntime().removeShutdownHook(farewell);
        } catch (IllegalStateException e) {
            // The process is ending already.
        }
    }

    private List<UpgradeStatus> follow(List<UUID> ids, EventStream events) throws InterruptedException {
        Map<UUID, UpgradeStatus> latest = new LinkedHashMap<>();
        while (true) {
            Optional<EventStream.Event> event = events.next(REFRESH);
            while (event.isPresent()) {
                switch (event.get()) {
                    case EventStream.Event.Changed changed -> take(changed.status(), ids, latest);
                    case EventStream.Event.Missed _ -> readAgain(ids, latest);
                }
                event = events.next(Duration.ZERO);
            }
            List<UpgradeStatus> known =
                    ids.stream().filter(latest::containsKey).map(latest::get).toList();
            view.show(known, Instant.now());
            if (known.size() == ids.size() && known.stream().noneMatch(UpgradeLine::isLive)) {
                return known;
            }
        }
    }

    private static void take(UpgradeStatus status, List<UUID> ids, Map<UUID, UpgradeStatus> latest) {
        UpgradeStatus known = latest.get(status.id());
        if (ids.contains(status.id()) && (known == null || known.rev() < status.rev())) {
            latest.put(status.id(), status);
        }
    }

    private void readAgain(List<UUID> ids, Map<UUID, UpgradeStatus> latest) {
        try {
            for (UUID id : ids) {
                UpgradeStatus known = latest.get(id);
                if (known == null || UpgradeLine.isLive(known)) {
                    take(api.upgrade(id), ids, latest);
                }
            }
            reachedAt = Instant.now();
            complained = false;
        } catch (CommandFailedException e) {
            boolean mayPass = e.exitCode() == ExitCode.UNAVAILABLE
                    && reachedAt.plus(unreachableMax).isAfter(Instant.now());
            if (!mayPass) {
                throw e;
            }
            if (!complained) {
                output.note("the orchestrator does not answer; the upgrade goes on, and so does this once it answers");
                complained = true;
            }
        }
    }
}
