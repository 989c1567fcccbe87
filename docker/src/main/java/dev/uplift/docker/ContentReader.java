/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.io.IOException;
import java.io.InputStream;

/** Reads a stream while it comes. It need not be read to its end. */
@FunctionalInterface
public interface ContentReader<T> {
    T read(InputStream content) throws IOException, InterruptedException;
}
