/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.io.IOException;

/** A program that is no application: it waits until its standard input ends. */
final class Idle {
    private Idle() {}

    public static void main(String[] arguments) throws IOException {
        if (System.in.read() >= 0) {
            throw new IllegalStateException("nobody should talk to it");
        }
    }
}
