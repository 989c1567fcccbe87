/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.List;

/** Parts of log lines that tell how a start went. They help people; health decides. */
public record LogMarkers(List<String> complete, List<String> failed) {
    public LogMarkers {
        complete = List.copyOf(complete);
        failed = List.copyOf(failed);
    }
}
