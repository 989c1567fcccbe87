/** Reaching a host: durable files, the fence beside an application, its processes, commands with bounds. No framework. */
@NullMarked
package dev.uplift.host;

import org.jspecify.annotations.NullMarked;
