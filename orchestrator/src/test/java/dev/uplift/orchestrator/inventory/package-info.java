@NullMarked
package dev.uplift.orchestrator.inventory;

import org.jspecify.annotations.NullMarked;
