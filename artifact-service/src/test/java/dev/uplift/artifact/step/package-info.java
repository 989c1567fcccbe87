@NullMarked
package dev.uplift.artifact.step;

import org.jspecify.annotations.NullMarked;
