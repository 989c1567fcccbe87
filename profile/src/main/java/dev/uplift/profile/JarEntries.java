/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** The entries of a JAR, so that nobody but the caller touches a file. */
@FunctionalInterface
public interface JarEntries {

    /** The content of an entry; empty if there is none of that name. The receiver closes it. */
    Optional<InputStream> open(String name) throws IOException;
}
