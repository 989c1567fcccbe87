/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.Closeable;
import java.io.InputStream;
import java.io.OutputStream;

/** A command on a host that is talked with through its standard input and output, until it is closed. */
public interface Conversation extends Closeable {
    /** What it writes to its standard output. */
    InputStream answers();

    /** What it reads from its standard input; sent when flushed. Closing it tells the command that no more comes. */
    OutputStream questions();
}
