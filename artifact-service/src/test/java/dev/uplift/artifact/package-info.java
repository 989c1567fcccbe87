@NullMarked
package dev.uplift.artifact;

import org.jspecify.annotations.NullMarked;
