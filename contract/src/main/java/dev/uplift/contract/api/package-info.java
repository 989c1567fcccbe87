/** What REST takes and answers beyond the messages of {@code dev.uplift.contract}; shared by the orchestrator and its clients. */
@NullMarked
package dev.uplift.contract.api;

import org.jspecify.annotations.NullMarked;
