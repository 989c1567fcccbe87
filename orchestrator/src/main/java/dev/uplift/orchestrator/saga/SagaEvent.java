/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.UpgradeStatus.Failure;

/** What a saga learns. Any event may come in any state, late and more than once. */
public sealed interface SagaEvent {

    /** What a worker's answer means to the saga. */
    static Answer of(StepResult result) {
        StepKey key = StepKey.of(result);
        return switch (result) {
            case StepResult.Succeeded _ -> new Succeeded(key);
            case StepResult.Failed failed -> new Failed(key, failed.code(), failed.retryable(), failed.detail());
            case StepResult.Progressed _ -> new Progressed(key);
        };
    }

    /** An answer to a command; it counts only while that command is in flight. */
    sealed interface Answer extends SagaEvent {
        StepKey key();
    }

    /**
     * The saga has the installation to itself.
     *
     * @param epoch above every epoch that the installation has had; from 1. A dry run, which changes nothing,
     *     may have the present one
     */
    record Begin(long epoch) implements SagaEvent {
        public Begin {
            if (epoch < 1) {
                throw new IllegalArgumentException("epoch is " + epoch + ", at least 1 is needed");
            }
        }
    }

    /** The command's promise holds. */
    record Succeeded(StepKey key) implements Answer {}

    /**
     * The command's promise does not hold; something of it may be left behind.
     *
     * @param retryable whether the same may succeed later without anybody's help
     * @param detail one line for a person
     */
    record Failed(StepKey key, ErrorCode code, boolean retryable, String detail) implements Answer {
        public Failed {
            detail = sayable(code, detail);
        }
    }

    /** The worker is still at it. */
    record Progressed(StepKey key) implements Answer {}

    /** A timer is due; it counts only while the saga waits for it. */
    record TimedOut(Timer timer) implements SagaEvent {}

    /**
     * An operator wants the old version back.
     *
     * @param detail who and why, one line for a person
     */
    record CancelRequested(String detail) implements SagaEvent {
        public CancelRequested {
            detail = sayable(ErrorCode.CANCELLED, detail);
        }
    }

    /** An operator has mended what parked the saga. */
    record RetryRequested() implements SagaEvent {}

    /** Refuses here what no failure could say, so that the saga never has to. */
    private static String sayable(ErrorCode code, String detail) {
        return new Failure(StepName.PREFLIGHT, Direction.DO, code, detail).detail();
    }
}
