/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import static dev.uplift.contract.ServiceName.ARTIFACT;
import static dev.uplift.contract.ServiceName.SWAP;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The steps that a saga is planned from: who takes each, under which message type, and what takes it
 * back. A step without an undo changes nothing that would need it; one that is only ever taken back is passed over on
 * the way forward.
 */
public enum StepName {
    /** Observe the nodes; refuse what could not be upgraded safely. */
    PREFLIGHT(SWAP, "swap.preflight", null),
    /** Observe the application database: kind, version, size, rights. */
    PREFLIGHT_DATABASE(ServiceName.BACKUP, "backup.preflight", null),
    /** Look the artifact up without fetching it; only a dry run has this step. */
    LOCATE(ARTIFACT, "artifact.locate", null),
    /** Download and verify the artifact. */
    FETCH(ARTIFACT, "artifact.fetch", null),
    /** Put the artifact beside the application on every host. */
    STAGE(SWAP, "swap.stage", "swap.unstage"),
    /** Stop all nodes and prove it. Undo: start the version that is in place, and wait until it is healthy. */
    STOP(SWAP, "swap.stop", "swap.resume"),
    /** Cold, proven backup. Undo: make the database equal to it again, if the pivot was reached. */
    BACKUP(ServiceName.BACKUP, "backup.take", "backup.restore"),
    /**
     * Undo: the new version's own command brings the data back to the version that was stopped, which then has to start
     * on them and be healthy; otherwise nothing is kept, and BACKUP is restored. Only an upgrade that was asked for with
     * this way back has this step and the next.
     */
    MIGRATE_DOWN(SWAP, null, "swap.migrate-down"),
    /** Undo: a cold, proven backup of what the new version has made of the data, before they are migrated down. */
    SAFETY_BACKUP(ServiceName.BACKUP, null, "backup.secure"),
    /** Point the nodes to the new version. Undo: point them back. */
    SWITCH(SWAP, "swap.switch", "swap.revert"),
    /** Make the database equal to an older backup that an operator chose; only a restore has this step. */
    REINSTATE(ServiceName.BACKUP, "backup.reinstate", null),
    /** The pivot: start the first node, which migrates. Undo: stop it and prove it. */
    START(SWAP, "swap.start", "swap.halt"),
    /** Start the other nodes. Undo: stop them. */
    SCALE(SWAP, "swap.scale", "swap.unscale"),
    /** Stay healthy for a while. */
    SOAK(SWAP, "swap.soak", null),
    /** Give autostart back and forget what is no longer needed. Only ever retried. */
    COMMIT(SWAP, "swap.commit", null);

    private final ServiceName service;
    private final @Nullable String doType;
    private final @Nullable String undoType;

    StepName(ServiceName service, @Nullable String doType, @Nullable String undoType) {
        this.service = service;
        this.doType = doType;
        this.undoType = undoType;
    }

    /** Who takes this step, in both directions. */
    public ServiceName service() {
        return service;
    }

    /** In which directions it is commanded. */
    public List<Direction> directions() {
        return Stream.of(Direction.values())
                .filter(direction -> type(direction) != null)
                .toList();
    }

    /** Whether there is something to do on the way forward. */
    public boolean hasDo() {
        return doType != null;
    }

    /** Whether this step leaves something behind that a rollback takes back. */
    public boolean hasUndo() {
        return undoType != null;
    }

    /**
     * The wire type of the command.
     *
     * @throws IllegalArgumentException for a direction that the step does not have
     */
    public String commandType(Direction direction) {
        return Optional.ofNullable(type(direction))
                .orElseThrow(() -> new IllegalArgumentException("step " + this + " has no " + direction));
    }

    private @Nullable String type(Direction direction) {
        return switch (direction) {
            case DO -> doType;
            case UNDO -> undoType;
        };
    }
}
