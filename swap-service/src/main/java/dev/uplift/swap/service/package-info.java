/** The swap-service as a process. */
@NullMarked
package dev.uplift.swap.service;

import org.jspecify.annotations.NullMarked;
