/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import java.util.List;
import java.util.stream.IntStream;

/** Sites: so many applications of one may be down at a time, so a large fleet has several. */
final class Site {
    static final int SIZE_MAX = 1_000;

    private Site() {}

    static String of(int installation) {
        return "site-" + installation / SIZE_MAX;
    }

    static List<String> all(int installations) {
        return IntStream.rangeClosed(0, (installations - 1) / SIZE_MAX)
                .mapToObj(number -> of(number * SIZE_MAX))
                .toList();
    }
}
