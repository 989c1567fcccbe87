package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.incident.IncidentStore;
import dev.uplift.orchestrator.sql.Sql;
import dev.uplift.orchestrator.sql.SqlStates;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.KafkaException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out accepted requests in chunks: at most {@value #CHUNK} sagas begin in a transaction, however many
 * installations are asked for. A chunk and the note that it is done are one transaction, so that a kill
 * loses nothing and begins nothing twice. Thread-safe, in any number of processes.
 *
 * <p>A chunk in which {@value #DEATHS_MAX} processes ended, or that fails {@value #TRIES_MAX} times, ends its
 * request, with an incident that says so: no request can keep the others waiting.
 */
@Singleton
public final class RequestRunner {
    static final int CHUNK = 200;

    private static final Logger LOG = LoggerFactory.getLogger(RequestRunner.class);
    private static final int DEATHS_MAX = 3;
    private static final int TRIES_MAX = 5;
    private static final int REFUSALS_RECORDED_MAX = 100;

    private final Sql sql;
    private final Upgrades upgrades;
    private final UUID process = UUID.randomUUID();

    /** Whose notes could not be taken back, because the database was away. */
    private final Set<RequestStore.Key> unreturned = ConcurrentHashMap.newKeySet();

    public RequestRunner(Sql sql, Upgrades upgrades) {
        this.sql = sql;
        this.upgrades = upgrades;
    }

    /** Carries out all requests that are accepted, the first one first. */
    public void runAll() {
        unreturned.forEach(this::giveBack);
        Optional<RequestStore.Key> next = oldest();
        while (next.isPresent() && !Thread.currentThread().isInterrupted()) {
            runSome(next.get());
            next = oldest();
        }
    }

    /** Carries out one request, which is accepted and committed; returns what became of it. */
    AcceptedSagas run(RequestStore.Key key) {
        while (runSome(key)) {}
        return sql.inTransaction(handle -> RequestStore.answers(handle, key));
    }

    private Optional<RequestStore.Key> oldest() {
        return sql.inTransaction(RequestStore::oldestOpen);
    }

    /**
     * Carries out one chunk; false if there is none left. All of it is while one connection is there, whose lock ends with
     * the process: so who finds another one's note in {@link RequestStore#begin} takes that one for ended. It lives nevertheless if it
     * lost the database in the chunk, and was not yet the first to come back: {@value #DEATHS_MAX} of these in a row end a
     * request, as deaths do.
     */
    private boolean runSome(RequestStore.Key key) {
        return sql.apart()
                .withHandle(handle -> RequestStore.alone(handle, key, () -> {
                    try {
                        return tryOrSetAside(handle, key);
                    } catch (RuntimeException | Error e) {
                        letGo(handle, key);
                        throw e;
                    }
                }));
    }

    private boolean tryOrSetAside(Handle handle, RequestStore.Key key) {
        Optional<Integer> deaths = RequestStore.begin(handle, key, process);
        if (deaths.isEmpty()) {
            return false;
        }
        if (deaths.get() >= DEATHS_MAX) {
            abandon(handle, key, DEATHS_MAX + " processes ended while they began upgrades for it");
            return false;
        }
        for (int attempt = 1; ; attempt++) {
            try {
                return sql.inTransaction(joined -> runChunk(joined, key));
            } catch (RuntimeException | Error e) {
                if (isPassing(e)) {
                    throw e;
                }
                LOG.warn("request {} fails, attempt {}", key.id(), attempt, e);
                if (attempt == TRIES_MAX) {
                    abandon(
                            handle,
                            key,
                            "beginning upgrades for it fails with "
                                    + e.getClass().getSimpleName());
                    return false;
                }
            }
        }
    }

    /** Whether the same may succeed later. What is wrong in a statement or in the database stays so: it must count. */
    static boolean isPassing(Throwable e) {
        return e instanceof KafkaException || SqlStates.passing(e);
    }

    /** Without it this process, which lives, would be counted as one that ended. */
    private void letGo(Handle handle, RequestStore.Key key) {
        try {
            RequestStore.letGo(handle, key, process);
        } catch (JdbiException e) {
            LOG.debug("the connection of request {} is broken", key.id(), e);
            try {
                sql.apart().useHandle(other -> RequestStore.letGo(other, key, process));
            } catch (JdbiException again) {
                unreturned.add(key);
                LOG.info("request {} may be taken for one in which a process ended: {}", key.id(), OneLine.of(again));
            }
        }
    }

    /** Not while another thread of this process carries it out, whose note is the same. */
    private void giveBack(RequestStore.Key key) {
        try {
            sql.apart()
                    .useHandle(handle -> RequestStore.alone(handle, key, () -> {
                        RequestStore.letGo(handle, key, process);
                        return unreturned.remove(key);
                    }));
        } catch (JdbiException e) {
            LOG.debug("request {} still has the note of this process", key.id(), e);
        }
    }

    private boolean runChunk(Handle handle, RequestStore.Key key) {
        Optional<RequestStore.Chunk> next = RequestStore.next(handle, key, CHUNK);
        if (next.isEmpty()) {
            return false;
        }
        RequestStore.Chunk chunk = next.get();
        int before = RequestStore.refusals(handle, key);
        AcceptedSagas answer = chunk.part() == null
                ? new AcceptedSagas(List.of(), List.of())
                : upgrades.begin(handle, key, chunk.part());
        RequestStore.answer(handle, chunk, answer);
        if (chunk.source() != null) {
            record(handle, chunk.source(), before, answer, chunk.last());
            if (chunk.part() == null) {
                IncidentStore.record(handle, chunk.source(), "refused: there is no such installation");
            }
        }
        return !chunk.last();
    }

    /** Nobody waits for the answer, so each refusal becomes an incident; of very many, those above a bound as one. */
    private static void record(Handle handle, String source, int before, AcceptedSagas answer, boolean last) {
        answer.refused().stream()
                .limit(Math.max(0, REFUSALS_RECORDED_MAX - before))
                .forEach(refusal -> IncidentStore.record(
                        handle, source, "refused: " + refusal.installation() + ": " + refusal.reason()));
        int refused = before + answer.refused().size();
        if (last && refused > REFUSALS_RECORDED_MAX) {
            IncidentStore.record(
                    handle, source, "refused: " + (refused - REFUSALS_RECORDED_MAX) + " more installations");
        }
    }

    private static void abandon(Handle handle, RequestStore.Key key, String reason) {
        LOG.error("request {} is set aside: {}", key.id(), reason);
        handle.useTransaction(_ -> {
            int left = RequestStore.abandon(handle, key, "the request was set aside: " + reason);
            IncidentStore.record(
                    handle,
                    "request " + key.id(),
                    "set aside: " + reason + "; " + left + " installations were not asked any more");
        });
    }
}
