/** A node that is a unit of systemd. */
@NullMarked
package dev.uplift.swap.node.systemd;

import org.jspecify.annotations.NullMarked;
