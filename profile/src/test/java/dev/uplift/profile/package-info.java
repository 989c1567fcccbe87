@NullMarked
package dev.uplift.profile;

import org.jspecify.annotations.NullMarked;
