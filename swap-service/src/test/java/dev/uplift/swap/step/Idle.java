/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import java.time.Duration;

/** An application that does nothing until it is ended. */
public final class Idle {
    private Idle() {}

    public static void main(String[] arguments) throws InterruptedException {
        Thread.sleep(Duration.ofMinutes(2));
    }
}
