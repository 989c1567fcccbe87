/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import dev.uplift.contract.StepName;

/** What is to be sent, in the transaction that saves the saga; the runtime makes a {@code StepCommand} of it. */
public record Command(StepKey key, StepName step, long epoch, boolean pivotReached) {}
