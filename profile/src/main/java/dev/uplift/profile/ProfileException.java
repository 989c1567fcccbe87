/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.List;

/** Profiles are not as they must be. The message lists all problems, one a line. */
public final class ProfileException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /**
     * One thing that is wrong.
     *
     * @param file name of the file
     * @param line in the file, from 1; 0: it concerns the whole file
     * @param path of the key within the YAML, such as {@code java[0].minimum}; empty: the whole file
     * @param message what is expected, for people
     */
    public record Problem(String file, int line, String path, String message) {
        @Override
        public String toString() {
            return file + ": " + (path.isEmpty() ? "" : path + ": ") + message
                    + (line > 0 ? " (line " + line + ")" : "");
        }
    }

    ProfileException(List<Problem> problems) {
        super(String.join("\n", problems.stream().map(Problem::toString).toList()));
        this.problems = List.copyOf(problems);
    }

    /** All of them, in the order of the files and their lines. */
    public List<Problem> problems() {
        return problems;
    }
}
