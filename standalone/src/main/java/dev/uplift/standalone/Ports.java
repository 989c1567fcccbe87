/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

/**
 * The loopback ports, counted from one base: orchestrator, artifact-service, backup-service, swap-service, Kafka, its controller, PostgreSQL.
 *
 * @param base 1024 to 65529
 */
record Ports(int base) {
    Ports {
        if (base < 1024 || base > 65_529) {
            throw new IllegalArgumentException("the base port is " + base + ", 1024 to 65529 is possible");
        }
    }

    int of(Service service) {
        return base + service.portOffset();
    }

    int kafka() {
        return base + 4;
    }

    int kafkaController() {
        return base + 5;
    }

    int postgres() {
        return base + 6;
    }

    String kafkaBootstrap() {
        return "127.0.0.1:" + kafka();
    }
}
