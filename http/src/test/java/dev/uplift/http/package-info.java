@NullMarked
package dev.uplift.http;

import org.jspecify.annotations.NullMarked;
