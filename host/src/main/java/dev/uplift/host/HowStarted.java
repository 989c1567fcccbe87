/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a process was started, as far as {@code /proc} tells, besides what {@link RunningProcess} has.
 *
 * @param errorFile what it writes its errors to, if that is another file than that of its output
 * @param elsewhere in what part of the host it is that whoever looked is not in, for a person: it could not be started
 *     there again
 * @param lost what it would not have after it was started again, for a person
 */
public record HowStarted(Inherited inherited, Optional<Path> errorFile, List<String> elsewhere, List<String> lost) {
    public HowStarted {
        elsewhere = List.copyOf(elsewhere);
        lost = List.copyOf(lost);
    }
}
