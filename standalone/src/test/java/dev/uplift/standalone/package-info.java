@NullMarked
package dev.uplift.standalone;

import org.jspecify.annotations.NullMarked;
