/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import com.fasterxml.jackson.core.JacksonException;
import dev.uplift.contract.Json;
import dev.uplift.contract.LeftOut;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.StateDirectory;
import dev.uplift.host.UnexpectedPathException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a saga has to remember on a host because it cannot be observed any more: {@code .uplift/saga.json}.
 *
 * @param used whether the application worked on a database that had been set up; absent: it did not say
 * @param stopRequestedAt when it was first asked to end
 * @param outageBeganAt the first request that failed; absent: not seen yet
 * @param startedInstance the identity of the instance that was started last; absent: none was
 * @param startedIn the run of the host that it was, or is about to be, started in; absent: nothing tells one from another
 * @param startedBy the occasion on which it was, or is about to be, started
 * @param startFollows {@link HostAwareness#lastStart} before that
 * @param servingAt when that instance was first seen to serve; absent: not yet
 * @param leftOut why the saga goes on, or has ended, without the node; absent: it does not
 * @param leftOutBefore why the saga began without the node; absent: it ran then
 * @param disturbedBy what somebody else started after the stop was proven, so that the backup may lack what it took; absent:
 *     nobody was seen
 * @param databaseSeen what of it was seen on the database before it was asked to end, for people; absent: nothing, because
 *     that it works there is assumed, or it was down
 * @param over whether nothing of the saga is left to be taken back here
 */
public record SagaState(
        UUID installationId,
        UUID sagaId,
        @Nullable Boolean used,
        Instant stopRequestedAt,
        @Nullable Instant outageBeganAt,
        @Nullable String startedInstance,
        @Nullable String startedIn,
        @Nullable UUID startedBy,
        @Nullable String startFollows,
        @Nullable Instant servingAt,
        @Nullable LeftOut leftOut,
        @Nullable LeftOut leftOutBefore,
        @Nullable String disturbedBy,
        @Nullable String databaseSeen,
        boolean over) {
    private static final int BYTES_MAX = 65_536;

    /** At the beginning of the outage. */
    public static SagaState stopping(UUID installationId, UUID sagaId, @Nullable Boolean used, Instant now) {
        return new SagaState(
                installationId, sagaId, used, now, null, null, null, null, null, null, null, null, null, null, false);
    }

    /** What is remembered of any saga; empty if nothing is. */
    public static Optional<SagaState> read(Host host, Path applicationDirectory) throws IOException {
        Path file = file(applicationDirectory);
        if (StateDirectory.existing(host, applicationDirectory).isEmpty()
                || !host.files().isFile(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Json.mapper().readValue(host.files().read(file, BYTES_MAX), SagaState.class));
        } catch (JacksonException e) {
            throw new UnexpectedPathException(file + " is damaged");
        }
    }

    /** What is remembered of this saga. */
    public static Optional<SagaState> read(Host host, Path applicationDirectory, UUID sagaId) throws IOException {
        return read(host, applicationDirectory).filter(state -> state.sagaId().equals(sagaId));
    }

    /** Remembers this from now on, and nothing else. */
    public void write(Fence.Held held, Path applicationDirectory) throws IOException, FencedException {
        held.write(file(applicationDirectory), Json.mapper().writeValueAsBytes(this), DurableFiles.OWNER_ONLY);
    }

    /** Remembers nothing any more. */
    public static void forget(Fence.Held held, Path applicationDirectory) throws IOException, FencedException {
        held.delete(file(applicationDirectory));
    }

    /** Of a saga that has ended: remembers no more of it than that the node is left out, if it is. */
    public static void close(Host host, Fence.Held held, Path applicationDirectory)
            throws IOException, FencedException {
        Optional<SagaState> without = read(host, applicationDirectory).filter(state -> state.leftOut() != null);
        if (without.isPresent()) {
            without.get().withOver().write(held, applicationDirectory);
        } else {
            forget(held, applicationDirectory);
        }
    }

    public SagaState withOutageBeganAt(Instant at) {
        return with(at, servingAt, leftOut, leftOutBefore, disturbedBy, over);
    }

    /** Another instance is about to be started, in this run of the host. */
    public SagaState withStarting(Optional<String> hostRun, UUID occasion, String lastStart) {
        return with(null, hostRun, occasion, lastStart);
    }

    /** Another instance was started, in this run of the host; it does not serve yet. */
    public SagaState withStarted(Instance instance, Optional<String> hostRun, UUID occasion) {
        return with(instance.identity(), hostRun, occasion, startFollows);
    }

    public SagaState withServingAt(Instant at) {
        return with(outageBeganAt, at, leftOut, leftOutBefore, disturbedBy, over);
    }

    public SagaState withOver() {
        return with(outageBeganAt, servingAt, leftOut, leftOutBefore, disturbedBy, true);
    }

    /** The saga goes on without what was started. */
    public SagaState withLeftOut(@Nullable LeftOut why) {
        return with(outageBeganAt, servingAt, why, leftOutBefore, disturbedBy, over);
    }

    /** An earlier saga ended without the node. */
    public SagaState withLeftOutBefore(@Nullable LeftOut why) {
        return with(outageBeganAt, servingAt, leftOut, why, disturbedBy, over);
    }

    /** It was seen on the database. */
    public SagaState withDatabaseSeen(@Nullable String seen) {
        return new SagaState(
                installationId,
                sagaId,
                used,
                stopRequestedAt,
                outageBeganAt,
                startedInstance,
                startedIn,
                startedBy,
                startFollows,
                servingAt,
                leftOut,
                leftOutBefore,
                disturbedBy,
                seen,
                over);
    }

    /** Somebody else started something. */
    public SagaState withDisturbedBy(String started) {
        return with(outageBeganAt, servingAt, leftOut, leftOutBefore, started, over);
    }

    private SagaState with(
            @Nullable String instance, Optional<String> hostRun, UUID occasion, @Nullable String follows) {
        return new SagaState(
                installationId,
                sagaId,
                used,
                stopRequestedAt,
                outageBeganAt,
                instance,
                hostRun.orElse(null),
                occasion,
                follows,
                null,
                null,
                leftOutBefore,
                disturbedBy,
                databaseSeen,
                over);
    }

    private SagaState with(
            @Nullable Instant began,
            @Nullable Instant serving,
            @Nullable LeftOut without,
            @Nullable LeftOut withoutBefore,
            @Nullable String disturbance,
            boolean ended) {
        return new SagaState(
                installationId,
                sagaId,
                used,
                stopRequestedAt,
                began,
                startedInstance,
                startedIn,
                startedBy,
                startFollows,
                serving,
                without,
                withoutBefore,
                disturbance,
                databaseSeen,
                ended);
    }

    private static Path file(Path applicationDirectory) {
        return applicationDirectory.resolve(StateDirectory.NAME).resolve("saga.json");
    }
}
