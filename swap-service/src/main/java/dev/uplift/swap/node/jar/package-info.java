/** A node that is a JAR in a directory of a host, started by hand or by a unit. */
@NullMarked
package dev.uplift.swap.node.jar;

import org.jspecify.annotations.NullMarked;
