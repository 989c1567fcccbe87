/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import dev.uplift.profile.ProfileException.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong in one file. */
final class Problems {
    private final String file;
    private final List<Problem> found = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void add(int line, String path, String message) {
        found.add(new Problem(file, line, path, message));
    }

    /** In the order of their lines. */
    List<Problem> found() {
        return found.stream().sorted(Comparator.comparingInt(Problem::line)).toList();
    }

    boolean none() {
        return found.isEmpty();
    }
}
