/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Why a step failed, or a request was refused. The strings are stable; metrics count by them. */
public enum ErrorCode {
    /** A check before the upgrade refused it. */
    @JsonProperty("preflight.refused")
    PREFLIGHT_REFUSED("preflight.refused"),
    /** The running version is not the one that the upgrade starts from. */
    @JsonProperty("preflight.version-unexpected")
    VERSION_UNEXPECTED("preflight.version-unexpected"),
    /** The artifact could not be fetched. */
    @JsonProperty("artifact.unavailable")
    ARTIFACT_UNAVAILABLE("artifact.unavailable"),
    /** The address is not one that artifacts may come from. */
    @JsonProperty("artifact.address-refused")
    ARTIFACT_ADDRESS_REFUSED("artifact.address-refused"),
    /** The artifact's hash, version, edition, size or form is not what was asked for. */
    @JsonProperty("artifact.wrong")
    ARTIFACT_WRONG("artifact.wrong"),
    /** The target is an older major than what runs. */
    @JsonProperty("artifact.downgrade")
    ARTIFACT_DOWNGRADE("artifact.downgrade"),
    /** A path, file, owner or mode on the host is not what was registered. */
    @JsonProperty("host.unexpected")
    HOST_UNEXPECTED("host.unexpected"),
    /** The host's disk is full, read-only or failing. */
    @JsonProperty("host.storage")
    HOST_STORAGE("host.storage"),
    /** The way to the host was lost, or there is none: whether what was asked for was done there is not known. */
    @JsonProperty("host.unreachable")
    HOST_UNREACHABLE("host.unreachable"),
    /** A node could not be stopped, or something still works on its database. */
    @JsonProperty("swap.still-running")
    STILL_RUNNING("swap.still-running"),
    /** The version exited while it started. */
    @JsonProperty("swap.exited")
    EXITED("swap.exited"),
    /** The version made no progress for too long while it started. */
    @JsonProperty("swap.no-progress")
    NO_PROGRESS("swap.no-progress"),
    /** The version answers, but is not healthy. */
    @JsonProperty("swap.unhealthy")
    UNHEALTHY("swap.unhealthy"),
    /** What answers is not the version, or not the data, that it should be. */
    @JsonProperty("swap.identity")
    IDENTITY("swap.identity"),
    /** Somebody else changed the application while the saga worked on it. */
    @JsonProperty("swap.interfered")
    INTERFERED("swap.interfered"),
    /**
     * Somebody else started the application after its backup was taken, which may lack what was written since: there is
     * only the way back, which leaves the data as they are.
     */
    @JsonProperty("backup.outdated")
    BACKUP_OUTDATED("backup.outdated"),
    /** A backup could not be taken or proven. */
    @JsonProperty("backup.failed")
    BACKUP_FAILED("backup.failed"),
    /** A backup is not what was stored, or is missing. */
    @JsonProperty("backup.corrupt")
    BACKUP_CORRUPT("backup.corrupt"),
    /** A backup could not be restored. */
    @JsonProperty("backup.restore-failed")
    RESTORE_FAILED("backup.restore-failed"),
    /** The application database cannot be reached or refuses what is needed. */
    @JsonProperty("database.unavailable")
    DATABASE_UNAVAILABLE("database.unavailable"),
    /** A newer epoch is at the target, or the step was already undone. */
    @JsonProperty("fenced")
    FENCED("fenced"),
    /** A worker gave the step up because it was told to undo it. */
    @JsonProperty("cancelled")
    CANCELLED("cancelled"),
    /** No sign of life from the worker in time: whether the step took effect is not known. */
    @JsonProperty("timed-out")
    TIMED_OUT("timed-out"),
    /** The command is not one that this worker understands. */
    @JsonProperty("invalid")
    INVALID("invalid"),
    /** A defect, or an infrastructure fault that retries did not pass. */
    @JsonProperty("internal")
    INTERNAL("internal");

    private final String wireName;

    ErrorCode(String wireName) {
        this.wireName = wireName;
    }

    /** Whether a person is, or was, at work on the application: an upgrade stops where it is, and waits for a person. */
    public boolean isByPerson() {
        return this == INTERFERED || this == BACKUP_OUTDATED;
    }

    /** The stable string. */
    public String wireName() {
        return wireName;
    }
}
