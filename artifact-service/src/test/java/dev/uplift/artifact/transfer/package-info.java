@NullMarked
package dev.uplift.artifact.transfer;

import org.jspecify.annotations.NullMarked;
