/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import dev.uplift.contract.UpgradeStatus.Failure;
import org.jspecify.annotations.Nullable;

/**
 * What a saga carries through all its states.
 *
 * @param epoch the installation's fencing number, which every command carries; 0 until it begins; it
 *     never falls
 * @param reached the furthest step that was begun; -1 until one is
 * @param transitionCount since it began, or since an operator's last request
 * @param failure why it turned back; absent while it has not
 */
public record Course(
        SagaPlan plan,
        long epoch,
        int reached,
        int transitionCount,
        @Nullable Failure failure) {
    public Course {
        if (epoch < 0 || reached < -1 || reached >= plan.steps().size() || transitionCount < 0) {
            throw new IllegalArgumentException("epoch " + epoch + ", step " + reached + " and transition "
                    + transitionCount + " fit no saga of " + plan.steps());
        }
    }

    /** Whether the application's data may have been changed; it holds from the moment the pivot is asked for. */
    public boolean pivotReached() {
        return plan.pivot().stream().anyMatch(pivot -> reached >= pivot);
    }

    static Course ahead(SagaPlan plan) {
        return new Course(plan, 0, -1, 0, null);
    }

    Course begun(long firstEpoch) {
        return new Course(plan, firstEpoch, reached, transitionCount, failure);
    }

    Course raised() {
        return new Course(plan, epoch + 1, reached, transitionCount, failure);
    }

    Course reaching(int step) {
        return new Course(plan, epoch, Math.max(reached, step), transitionCount, failure);
    }

    Course turned(Failure why) {
        return new Course(plan, epoch + 1, reached, transitionCount, why);
    }

    /** Ended before it began: nobody saw an epoch of it. */
    Course stopped(Failure why) {
        return new Course(plan, epoch, reached, transitionCount, why);
    }

    Course counted() {
        return new Course(plan, epoch, reached, transitionCount + 1, failure);
    }

    Course countedAfresh() {
        return new Course(plan, epoch, reached, 0, failure);
    }
}
