@NullMarked
package dev.uplift.cli;

import org.jspecify.annotations.NullMarked;
