/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

/** {@link UpgradeSaga#next}, or something that should be caught pretending to be it. */
@FunctionalInterface
interface NextFunction {
    Transition next(SagaState state, SagaEvent event, SagaLimits limits);
}
