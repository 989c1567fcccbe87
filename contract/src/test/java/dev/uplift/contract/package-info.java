@NullMarked
package dev.uplift.contract;

import org.jspecify.annotations.NullMarked;
