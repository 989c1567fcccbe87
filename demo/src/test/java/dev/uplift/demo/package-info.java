@NullMarked
package dev.uplift.demo;

import org.jspecify.annotations.NullMarked;
