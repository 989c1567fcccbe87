/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.sql.SqlStates;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.KafkaException;
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

    private final Database database;
    private final RequestStore requests;
    private final Upgrades upgrades;
    private final IncidentRepository incidents;
    private final UUID process = UUID.randomUUID();

    /** Whose notes could not be taken back, because the database was away. */
    private final Set<RequestStore.Key> unreturned = ConcurrentHashMap.newKeySet();

    public RequestRunner(Database database, RequestStore requests, Upgrades upgrades, IncidentRepository incidents) {
        this.database = database;
        this.requests = requests;
        this.upgrades = upgrades;
        this.incidents = incidents;
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
        return database.inTransaction(() -> requests.answers(key));
    }

    private Optional<RequestStore.Key> oldest() {
        return database.inTransaction(requests::oldestOpen);
    }

    /**
     * Carries out one chunk; false if there is none left. Meanwhile a connection is there whose lock ends with the process:
     * so who finds another one's note in {@link RequestStore#begin} takes that one for ended. It lives nevertheless if it
     * lost that connection in the chunk, or the database and was not yet the first to come back: {@value #DEATHS_MAX} of
     * these in a row end a request, as deaths do. The chunk itself is done once all the same: its row is locked.
     */
    private boolean runSome(RequestStore.Key key) {
        return requests.alone(key, () -> {
            try {
                return tryOrSetAside(key);
            } catch (RuntimeException | Error e) {
                letGo(key);
                throw e;
            }
        });
    }

    private boolean tryOrSetAside(RequestStore.Key key) {
        Optional<Integer> deaths = requests.begin(key, process);
        if (deaths.isEmpty()) {
            return false;
        }
        if (deaths.get() >= DEATHS_MAX) {
            abandon(key, DEATHS_MAX + " processes ended while they began upgrades for it");
            return false;
        }
        for (int attempt = 1; ; attempt++) {
            try {
                return database.inTransaction(() -> runChunk(key));
            } catch (RuntimeException | Error e) {
                if (isPassing(e)) {
                    throw e;
                }
                LOG.warn("request {} fails, attempt {}", key.id(), attempt, e);
                if (attempt == TRIES_MAX) {
                    abandon(
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
    private void letGo(RequestStore.Key key) {
        try {
            requests.letGo(key, process);
        } catch (PersistenceException e) {
            unreturned.add(key);
            LOG.info("request {} may be taken for one in which a process ended: {}", key.id(), OneLine.of(e));
        }
    }

    /** Not while another thread of this process carries it out, whose note is the same. */
    private void giveBack(RequestStore.Key key) {
        try {
            boolean _ = requests.alone(key, () -> {
                requests.letGo(key, process);
                return unreturned.remove(key);
            });
        } catch (PersistenceException e) {
            LOG.debug("request {} still has the note of this process", key.id(), e);
        }
    }

    private boolean runChunk(RequestStore.Key key) {
        Optional<RequestStore.Chunk> next = requests.next(key, CHUNK);
        if (next.isEmpty()) {
            return false;
        }
        RequestStore.Chunk chunk = next.get();
        int before = requests.refusals(key);
        AcceptedSagas answer =
                chunk.part() == null ? new AcceptedSagas(List.of(), List.of()) : upgrades.begin(key, chunk.part());
        requests.answer(chunk, answer);
        if (chunk.source() != null) {
            record(chunk.source(), before, answer, chunk.last());
            if (chunk.part() == null) {
                incidents.record(chunk.source(), "refused: there is no such installation");
            }
        }
        return !chunk.last();
    }

    /** Nobody waits for the answer, so each refusal becomes an incident; of very many, those above a bound as one. */
    private void record(String source, int before, AcceptedSagas answer, boolean last) {
        answer.refused().stream()
                .limit(Math.max(0, REFUSALS_RECORDED_MAX - before))
                .forEach(refusal ->
                        incidents.record(source, "refused: " + refusal.installation() + ": " + refusal.reason()));
        int refused = before + answer.refused().size();
        if (last && refused > REFUSALS_RECORDED_MAX) {
            incidents.record(source, "refused: " + (refused - REFUSALS_RECORDED_MAX) + " more installations");
        }
    }

    private void abandon(RequestStore.Key key, String reason) {
        LOG.error("request {} is set aside: {}", key.id(), reason);
        database.useTransaction(() -> {
            int left = requests.abandon(key, "the request was set aside: " + reason);
            incidents.record(
                    "request " + key.id(),
                    "set aside: " + reason + "; " + left + " installations were not asked any more");
        });
    }
}
