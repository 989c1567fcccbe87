/** What all REST resources share: problems, paging, JSON. */
@NullMarked
package dev.uplift.orchestrator.rest;

import org.jspecify.annotations.NullMarked;
