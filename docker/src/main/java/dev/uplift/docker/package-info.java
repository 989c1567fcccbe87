/** A Docker Engine, exactly: what it says is kept as it said it, and what is asked of it is proven by looking. */
@org.jspecify.annotations.NullMarked
package dev.uplift.docker;
