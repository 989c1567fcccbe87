/**
 * Lets a service die, or wait, where a test wants it: a JAR of its own that tests put behind the class path of a service, where
 * {@link dev.uplift.messaging.CrashPoints#find} finds it. What is built for production has nothing of it.
 */
@NullMarked
package dev.uplift.messaging.kill;

import org.jspecify.annotations.NullMarked;
