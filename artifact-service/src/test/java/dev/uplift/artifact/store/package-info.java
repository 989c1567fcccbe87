@NullMarked
package dev.uplift.artifact.store;

import org.jspecify.annotations.NullMarked;
