/** The artifact-service: its settings, its worker and its health. */
@NullMarked
package dev.uplift.artifact;

import org.jspecify.annotations.NullMarked;
