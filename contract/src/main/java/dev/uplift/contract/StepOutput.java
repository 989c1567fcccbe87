/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a step found out that later steps, or people, need. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = StepOutput.Nothing.class, name = "nothing"),
    @JsonSubTypes.Type(value = StepOutput.NodesChecked.class, name = "nodes-checked"),
    @JsonSubTypes.Type(value = StepOutput.DatabaseChecked.class, name = "database-checked"),
    @JsonSubTypes.Type(value = StepOutput.ArtifactsLocated.class, name = "artifacts-located"),
    @JsonSubTypes.Type(value = StepOutput.ArtifactsFetched.class, name = "artifacts-fetched"),
    @JsonSubTypes.Type(value = StepOutput.NodesStopped.class, name = "nodes-stopped"),
    @JsonSubTypes.Type(value = StepOutput.BackedUp.class, name = "backed-up"),
    @JsonSubTypes.Type(value = StepOutput.MigratedDown.class, name = "migrated-down"),
    @JsonSubTypes.Type(value = StepOutput.Restored.class, name = "restored"),
    @JsonSubTypes.Type(value = StepOutput.Serving.class, name = "serving"),
    @JsonSubTypes.Type(value = StepOutput.NodesLeftOut.class, name = "nodes-left-out")
})
public sealed interface StepOutput {

    /** The step has nothing to tell. */
    record Nothing() implements StepOutput {}

    /**
     * PREFLIGHT: what runs, and whether it can be upgraded.
     *
     * @param composed the nodes that Docker Compose made; absent: none
     * @param database which one it is; absent: it does not say
     */
    record NodesChecked(
            Release running,
            List<Check> checks,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ComposedNode> composed,
            @Nullable DatabaseSeen database)
            implements StepOutput {
        public NodesChecked {
            Checks.present(running, "running");
            checks = Checks.list(checks, "checks");
            composed = Checks.list(Objects.requireNonNullElse(composed, List.of()), "composed");
        }

        /** Of nodes on a database that does not say which it is. */
        public NodesChecked(Release running, List<Check> checks, List<ComposedNode> composed) {
            this(running, checks, composed, null);
        }

        /** Of nodes none of which Docker Compose made, on a database that does not say which it is. */
        public NodesChecked(Release running, List<Check> checks) {
            this(running, checks, List.of());
        }
    }

    /** PREFLIGHT_DATABASE: what the database is, and whether it can be backed up and restored. */
    record DatabaseChecked(String serverVersion, long sizeBytes, List<Check> checks) implements StepOutput {
        public DatabaseChecked {
            Checks.text(serverVersion, "serverVersion");
            Checks.atLeast(0, sizeBytes, "sizeBytes");
            checks = Checks.list(checks, "checks");
        }
    }

    /** LOCATE: what a fetch would bring, one artifact of each kind that a node runs. */
    record ArtifactsLocated(List<Located> artifacts, List<Check> checks) implements StepOutput {
        public ArtifactsLocated {
            artifacts = Checks.list(artifacts, "artifacts");
            checks = Checks.list(checks, "checks");
        }
    }

    /**
     * Where an artifact is.
     *
     * @param url of a JAR; {@code docker://REPOSITORY} of an image
     * @param sizeBytes absent if the server does not say
     * @param inStore whether it need not be fetched any more; of an image nothing is fetched but its digest
     */
    record Located(String url, @Nullable Long sizeBytes, boolean inStore) {
        public Located {
            Checks.text(url, "artifacts.url");
        }
    }

    /** FETCH: the verified artifacts, one of each kind that a node runs. */
    record ArtifactsFetched(List<Artifact> artifacts) implements StepOutput {
        public ArtifactsFetched {
            artifacts = Checks.list(artifacts, "artifacts");
            Checks.atLeast(1, artifacts.size(), "artifacts.size");
        }
    }

    /**
     * STOP, or undo of START: nothing of the installation runs.
     *
     * @param outageBeganAt the first request that failed, by the host's clock
     * @param released what was seen of the nodes on their database right before, and is gone, for people; absent: nothing
     *     was seen, because it is assumed or they were down
     */
    record NodesStopped(Instant outageBeganAt, @Nullable String released) implements StepOutput {
        public NodesStopped {
            Checks.present(outageBeganAt, "outageBeganAt");
            Checks.optionalText(released, "released");
        }
    }

    /**
     * BACKUP, or undo of SAFETY_BACKUP: a proven backup.
     *
     * @param kept the ids of all backups of the installation that are kept, this one included: older ones were pruned;
     *     absent: it was not said
     * @param checks what the proof could not bring back and a restore will go without; absent: nothing
     */
    record BackedUp(
            Backup backup,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<UUID> kept,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Check> checks)
            implements StepOutput {
        public BackedUp {
            Checks.present(backup, "backup");
            kept = Checks.list(Objects.requireNonNullElse(kept, List.of()), "kept");
            checks = Checks.list(Objects.requireNonNullElse(checks, List.of()), "checks");
        }

        /** One that brings everything back. */
        public BackedUp(Backup backup, List<UUID> kept) {
            this(backup, kept, List.of());
        }
    }

    /**
     * Undo of BACKUP, or REINSTATE: the database's content has this hash now.
     *
     * @param replaced false if it had it already and nothing was done
     * @param checks what could not be brought back; absent: nothing
     */
    record Restored(
            @Nullable String contentHash,
            boolean replaced,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Check> checks)
            implements StepOutput {
        public Restored {
            Checks.optionalText(contentHash, "contentHash");
            checks = Checks.list(Objects.requireNonNullElse(checks, List.of()), "checks");
        }

        /** Everything is back. */
        public Restored(@Nullable String contentHash, boolean replaced) {
            this(contentHash, replaced, List.of());
        }
    }

    /**
     * Undo of MIGRATE_DOWN.
     *
     * @param kept whether the old version serves on data that the new version's own command brought back; if not, the
     *     backup has to be restored
     * @param detail what was done, or why it was not, for a person
     */
    record MigratedDown(boolean kept, String detail) implements StepOutput {
        public MigratedDown {
            Checks.text(detail, "detail");
        }
    }

    /** START, or undo of STOP: the application answers. {@code outageEndedAt}: the first request that succeeded, by the host's clock. */
    record Serving(String version, Instant outageEndedAt) implements StepOutput {
        public Serving {
            Checks.text(version, "version");
            Checks.present(outageEndedAt, "outageEndedAt");
        }
    }

    /** SCALE: all nodes serve but these, which were stopped again. See {@link NodeFailure#FINISH_WITHOUT}. */
    record NodesLeftOut(List<LeftOut> nodes) implements StepOutput {
        public NodesLeftOut {
            nodes = Checks.list(nodes, "nodes");
            Checks.atLeast(1, nodes.size(), "nodes.size");
        }
    }
}
