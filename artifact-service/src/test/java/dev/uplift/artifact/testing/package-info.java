@NullMarked
package dev.uplift.artifact.testing;

import org.jspecify.annotations.NullMarked;
