/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.StepCommand;

/** A kind of effect on the outside world. A service lists all of its own: a crash test kills it around each. */
public interface EffectName {
    /** The name of its crash point in a step, such as {@code swap.switch.current}. Stable. */
    String in(StepCommand command);
}
