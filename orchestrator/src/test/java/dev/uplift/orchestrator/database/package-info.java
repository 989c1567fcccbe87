@NullMarked
package dev.uplift.orchestrator.database;

import org.jspecify.annotations.NullMarked;
