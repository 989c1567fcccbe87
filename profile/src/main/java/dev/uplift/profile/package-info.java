/**
 * Application profiles: what Uplift knows of an application, as data that an operator can write, and
 * the pure rules over it. Only {@link dev.uplift.profile.Profiles} reads files; nothing here knows a
 * process, a socket, a clock or a framework.
 */
@NullMarked
package dev.uplift.profile;

import org.jspecify.annotations.NullMarked;
