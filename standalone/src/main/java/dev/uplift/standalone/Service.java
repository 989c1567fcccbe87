/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import java.nio.file.Path;
import java.util.Locale;

/** The services. */
enum Service {
    ORCHESTRATOR("orchestrator", 0),
    ARTIFACT("artifact-service", 1),
    BACKUP("backup-service", 2),
    SWAP("swap-service", 3);

    private final String module;
    private final int portOffset;

    Service(String module, int portOffset) {
        this.module = module;
        this.portOffset = portOffset;
    }

    /** Name of its process, log and module. */
    String module() {
        return module;
    }

    /** Its port, counted from the base. */
    int portOffset() {
        return portOffset;
    }

    /** Name of its database, of its role there, and of its user in Kafka. */
    String database() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The runnable JAR within a distribution. */
    Path jar(Path distribution) {
        return distribution.resolve(module).resolve("target/quarkus-app/service.jar");
    }

    AotCache aotCache(Path distribution) {
        return new AotCache(jar(distribution).resolveSibling("service.aot"));
    }
}
