/** What content each version of an application has, as upgrades were completed with it. */
@NullMarked
package dev.uplift.orchestrator.release;

import org.jspecify.annotations.NullMarked;
