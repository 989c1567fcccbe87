@NullMarked
package dev.uplift.architecture;

import org.jspecify.annotations.NullMarked;
