/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.intake;

import dev.uplift.contract.ServiceName;
import dev.uplift.messaging.Received;

/**
 * What a worker has answered.
 *
 * @param service whose topic it came on
 */
public record Result<B>(Received received, ServiceName service, B body) {}
