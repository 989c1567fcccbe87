/** Nodes that are containers of a Docker Engine. */
@org.jspecify.annotations.NullMarked
package dev.uplift.swap.node.docker;
