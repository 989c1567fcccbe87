/** The installations: how they are registered, found and removed. */
@NullMarked
package dev.uplift.orchestrator.inventory;

import org.jspecify.annotations.NullMarked;
