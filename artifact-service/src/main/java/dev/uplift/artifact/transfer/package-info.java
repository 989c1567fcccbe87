/** Getting bytes over HTTP from servers that nobody trusts. */
@NullMarked
package dev.uplift.artifact.transfer;

import org.jspecify.annotations.NullMarked;
