package dev.uplift.contract.api;

import java.util.UUID;

/** Body of {@code POST /api/v1/restores}: take the installation back to that backup and the version that wrote it. */
public record RequestRestore(String installation, UUID backupId) {}
