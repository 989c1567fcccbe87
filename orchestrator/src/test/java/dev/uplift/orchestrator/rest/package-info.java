@NullMarked
package dev.uplift.orchestrator.rest;

import org.jspecify.annotations.NullMarked;
