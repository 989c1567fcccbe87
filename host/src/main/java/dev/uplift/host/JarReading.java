/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;

/** What is done with an entry of a JAR. */
@FunctionalInterface
public interface JarReading {
    /**
     * Reads an entry, or some of it.
     *
     * @return whether to go on with the next
     */
    boolean entry(String name, InputStream content) throws IOException;
}
