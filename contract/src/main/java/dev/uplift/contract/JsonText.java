/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * A value that was written as JSON already, so that what goes to several places is written once.
 *
 * @param json is taken as it is
 */
public record JsonText(@JsonValue @JsonRawValue String json) {}
