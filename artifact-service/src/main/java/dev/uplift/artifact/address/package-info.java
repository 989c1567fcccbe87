/** Which addresses artifacts may come from. */
@NullMarked
package dev.uplift.artifact.address;

import org.jspecify.annotations.NullMarked;
