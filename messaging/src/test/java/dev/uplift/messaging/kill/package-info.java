/**
 * Lets a service die, or wait, where a test wants it: a JAR of its own, which {@link dev.uplift.messaging.CrashPoints#find} is
 * told of. What is built for production has nothing of it.
 */
@NullMarked
package dev.uplift.messaging.kill;

import org.jspecify.annotations.NullMarked;
