/**
 * Lets a service die, or wait, where a test wants it. An agent of the JVM, in a JAR of its own: what is built for production
 * knows nothing of it.
 */
@NullMarked
package dev.uplift.testbed.kill;

import org.jspecify.annotations.NullMarked;
