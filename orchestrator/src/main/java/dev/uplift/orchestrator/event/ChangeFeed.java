/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.event;

import dev.uplift.messaging.Database;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.publish.Change;
import dev.uplift.orchestrator.upgrade.UpgradeChanges;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What changes, in one order for all replicas. Every change has a number of one counter; a reader names
 * the last one that it has seen and misses nothing after it.
 *
 * <p>Numbers are handed out before their transactions commit, so the highest number seen says nothing:
 * a lower one may still appear. Who takes a number holds a shared advisory lock until its transaction
 * ends. The counter is read first, then the holders of that lock: once those have gone, every number up to
 * the one that was read is visible or will never be. That number is the horizon; nobody reads beyond it.
 *
 * <p>One thread looks for the horizon, and only while somebody listens. Thread-safe.
 */
@Singleton
public final class ChangeFeed {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final int PAGE = 500;
    private static final String HOLDERS = """
            SELECT virtualtransaction FROM pg_locks
             WHERE locktype = 'advisory' AND classid = 8480 AND objid = 1 AND objsubid = 2
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """;

    private final Database database;
    private final UpgradeChanges upgrades;
    private final InstallationStore installations;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition abandoned = lock.newCondition();
    private int listeners;
    private boolean closed;
    private long horizon = -1;
    private @Nullable Thread looker;

    ChangeFeed(Database database, UpgradeChanges upgrades, InstallationStore installations) {
        this.database = database;
        this.upgrades = upgrades;
        this.installations = installations;
    }

    /** A number that is not settled yet, and who must be gone before it is. */
    private record Candidate(long number, Set<String> holders) {}

    /** Begins to listen; to be followed by {@link #leave}. */
    void join() {
        lock.lock();
        try {
            listeners++;
            if (looker == null && !closed) {
                looker = Thread.ofVirtual().name("change-feed").start(this::look);
            }
        } finally {
            lock.unlock();
        }
    }

    void leave() {
        lock.lock();
        try {
            listeners--;
            if (listeners == 0) {
                looker = null;
                horizon = -1;
                abandoned.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the process is about to end. */
    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Ends all listening. Idempotent. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            looker = null;
            abandoned.signalAll();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the horizon is above {@code seen}, but no longer than {@code most}; returns the horizon, -1 if none is known. */
    long awaitBeyond(long seen, Duration most) throws InterruptedException {
        lock.lock();
        try {
            long left = most.toNanos();
            while (horizon <= seen && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            return horizon;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next changes above {@code after} up to {@code upTo}, in order; empty if there are none. A saga or
     * an installation that changed several times appears once, with its latest state.
     */
    List<Change> page(long after, long upTo) {
        return database.inTransaction(() -> {
            List<List<Change>> kinds = List.of(
                    upgrades.transitions(after, upTo, PAGE),
                    upgrades.states(after, upTo, PAGE),
                    installations.changed(after, upTo, PAGE),
                    installations.removed(after, upTo, PAGE));
            long complete = kinds.stream()
                    .filter(kind -> kind.size() == PAGE)
                    .mapToLong(kind -> kind.getLast().number())
                    .min()
                    .orElse(Long.MAX_VALUE);
            List<Change> merged = new ArrayList<>();
            for (List<Change> kind : kinds) {
                kind.stream().filter(change -> change.number() <= complete).forEach(merged::add);
            }
            merged.sort(Comparator.comparingLong(Change::number));
            return Collections.unmodifiableList(merged);
        });
    }

    private void look() {
        Candidate candidate = null;
        Duration pause = Duration.ZERO;
        while (isLookerAfter(pause)) {
            try {
                candidate = lookOnce(candidate);
                pause = POLL;
            } catch (RuntimeException | Error e) {
                LOG.warn("the change feed waits, and looks again by itself: {}", OneLine.of(e));
                pause = AWAY;
            }
        }
    }

    /** Waits, because PostgreSQL tells nobody when a transaction ends; false at once when nobody listens any more. */
    private boolean isLookerAfter(Duration pause) {
        lock.lock();
        try {
            long left = pause.toNanos();
            while (isLooker() && left > 0) {
                left = abandoned.awaitNanos(left);
            }
            return isLooker();
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean isLooker() {
        return Thread.currentThread().equals(looker);
    }

    private @Nullable Candidate lookOnce(@Nullable Candidate before) {
        Candidate next = database.inTransaction(() -> {
            if (before == null) {
                long last = last();
                return new Candidate(last, holders());
            }
            Set<String> left = holders();
            left.retainAll(before.holders());
            return new Candidate(before.number(), left);
        });
        if (!next.holders().isEmpty()) {
            return next;
        }
        lock.lock();
        try {
            if (next.number() > horizon && isLooker()) {
                horizon = next.number();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        return null;
    }

    private long last() {
        return database.column(
                        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM change_seq",
                        "last",
                        Long.class)
                .getSingleResult();
    }

    private Set<String> holders() {
        return new HashSet<>(
                database.column(HOLDERS, "virtualtransaction", String.class).getResultList());
    }
}
