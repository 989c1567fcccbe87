/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Every wire type and the record that its body is. The strings are stable: none is ever renamed or used again. */
public final class MessageType {
    public static final String UPGRADE_REQUESTED = "upgrade.requested";
    public static final String STEP_SUCCEEDED = "step.succeeded";
    public static final String STEP_FAILED = "step.failed";
    public static final String STEP_PROGRESSED = "step.progressed";
    public static final String COMMAND_REFUSED = "command.refused";
    public static final String INSTALLATION_INSPECTING = "installation.inspecting";
    public static final String INSTALLATION_FOUND = "installation.found";
    public static final String INSTALLATION_REFUSED = "installation.refused";
    public static final String FENCE_TAKEN = "fence.taken";
    public static final String FENCE_REFUSED = "fence.refused";
    public static final String DISCOVERY_FOUND = "discovery.found";
    public static final String DISCOVERY_REFUSED = "discovery.refused";
    public static final String INSTALLATION_STATUS = "installation.status";
    public static final String INSTALLATION_REMOVED = "installation.removed";
    public static final String INSTALLATION_FENCE_TAKEN = "installation.fence-taken";
    public static final String UPGRADE_STATUS = "upgrade.status";
    public static final String UPGRADE_TRANSITIONED = "upgrade.transitioned";

    private static final Map<String, Class<?>> BODIES = bodies();

    private MessageType() {}

    /** The record that a message of this type carries; empty for an unknown type. */
    public static Optional<Class<?>> bodyOf(String type) {
        return Optional.ofNullable(BODIES.get(type));
    }

    /** All types with their bodies. */
    public static Map<String, Class<?>> all() {
        return BODIES;
    }

    private static Map<String, Class<?>> bodies() {
        Map<String, Class<?>> bodies = new LinkedHashMap<>();
        bodies.put(UPGRADE_REQUESTED, UpgradeRequested.class);
        for (StepName step : StepName.values()) {
            step.directions().forEach(direction -> bodies.put(step.commandType(direction), StepCommand.class));
        }
        bodies.put(Inspection.REQUESTED_TYPE, Inspection.Requested.class);
        bodies.put(Discovery.REQUESTED_TYPE, Discovery.Requested.class);
        bodies.put(FenceTaking.REQUESTED_TYPE, FenceTaking.Requested.class);
        bodies.put(STEP_SUCCEEDED, StepResult.Succeeded.class);
        bodies.put(STEP_FAILED, StepResult.Failed.class);
        bodies.put(STEP_PROGRESSED, StepResult.Progressed.class);
        bodies.put(COMMAND_REFUSED, CommandRefused.class);
        bodies.put(INSTALLATION_INSPECTING, Inspection.Underway.class);
        bodies.put(INSTALLATION_FOUND, Inspection.Found.class);
        bodies.put(INSTALLATION_REFUSED, Inspection.Refused.class);
        bodies.put(FENCE_TAKEN, FenceTaking.Taken.class);
        bodies.put(FENCE_REFUSED, FenceTaking.Refused.class);
        bodies.put(DISCOVERY_FOUND, Discovery.Found.class);
        bodies.put(DISCOVERY_REFUSED, Discovery.Refused.class);
        bodies.put(INSTALLATION_STATUS, InstallationStatus.class);
        bodies.put(INSTALLATION_REMOVED, InstallationRemoved.class);
        bodies.put(INSTALLATION_FENCE_TAKEN, FenceTaken.class);
        bodies.put(UPGRADE_STATUS, UpgradeStatus.class);
        bodies.put(UPGRADE_TRANSITIONED, UpgradeTransitioned.class);
        return Collections.unmodifiableMap(bodies);
    }
}
