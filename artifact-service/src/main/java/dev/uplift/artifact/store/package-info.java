/** The files that were verified, which version each is, and how hosts get them. */
@NullMarked
package dev.uplift.artifact.store;

import org.jspecify.annotations.NullMarked;
