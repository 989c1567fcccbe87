@NullMarked
package dev.uplift.orchestrator.saga;

import org.jspecify.annotations.NullMarked;
