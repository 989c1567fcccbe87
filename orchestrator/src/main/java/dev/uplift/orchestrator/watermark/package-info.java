/** Up to when the workers' results are read, which is when their silence can be judged. */
@NullMarked
package dev.uplift.orchestrator.watermark;

import org.jspecify.annotations.NullMarked;
