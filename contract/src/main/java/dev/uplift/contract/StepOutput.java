package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a step found out that later steps, or people, need. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = StepOutput.Nothing.class, name = "nothing"),
    @JsonSubTypes.Type(value = StepOutput.NodesChecked.class, name = "nodes-checked"),
    @JsonSubTypes.Type(value = StepOutput.DatabaseChecked.class, name = "database-checked"),
    @JsonSubTypes.Type(value = StepOutput.ArtifactLocated.class, name = "artifact-located"),
    @JsonSubTypes.Type(value = StepOutput.ArtifactFetched.class, name = "artifact-fetched"),
    @JsonSubTypes.Type(value = StepOutput.NodesStopped.class, name = "nodes-stopped"),
    @JsonSubTypes.Type(value = StepOutput.BackedUp.class, name = "backed-up"),
    @JsonSubTypes.Type(value = StepOutput.Restored.class, name = "restored"),
    @JsonSubTypes.Type(value = StepOutput.Serving.class, name = "serving")
})
public sealed interface StepOutput {

    /** The step has nothing to tell. */
    record Nothing() implements StepOutput {}

    /** PREFLIGHT: what runs, and whether it can be upgraded. */
    record NodesChecked(Release running, List<Check> checks) implements StepOutput {
        public NodesChecked {
            Checks.present(running, "running");
            checks = Checks.list(checks, "checks");
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

    /**
     * LOCATE: what a fetch would bring.
     *
     * @param sizeBytes absent if the server does not say
     */
    record ArtifactLocated(String url, @Nullable Long sizeBytes, boolean inStore, List<Check> checks)
            implements StepOutput {
        public ArtifactLocated {
            Checks.text(url, "url");
            checks = Checks.list(checks, "checks");
        }
    }

    /** FETCH: the verified artifact. */
    record ArtifactFetched(Artifact artifact) implements StepOutput {
        public ArtifactFetched {
            Checks.present(artifact, "artifact");
        }
    }

    /** STOP: nothing of the installation runs. {@code outageBeganAt}: the first request that failed, by the host's clock. */
    record NodesStopped(Instant outageBeganAt) implements StepOutput {
        public NodesStopped {
            Checks.present(outageBeganAt, "outageBeganAt");
        }
    }

    /** BACKUP: a proven backup. */
    record BackedUp(Backup backup) implements StepOutput {
        public BackedUp {
            Checks.present(backup, "backup");
        }
    }

    /**
     * Undo of BACKUP, or REINSTATE: the database's content has this hash now.
     *
     * @param replaced false if it had it already and nothing was done
     */
    record Restored(@Nullable String contentHash, boolean replaced) implements StepOutput {
        public Restored {
            Checks.optionalText(contentHash, "contentHash");
        }
    }

    /** START, or undo of STOP: the application answers. {@code outageEndedAt}: the first request that succeeded, by the host's clock. */
    record Serving(String version, Instant outageEndedAt) implements StepOutput {
        public Serving {
            Checks.text(version, "version");
            Checks.present(outageEndedAt, "outageEndedAt");
        }
    }
}
