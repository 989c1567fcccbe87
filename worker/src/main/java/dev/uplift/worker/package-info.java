/** What a step is made of in every service that runs steps: its effects, its failures, its log and its progress. */
@NullMarked
package dev.uplift.worker;

import org.jspecify.annotations.NullMarked;
