/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What part of a file a {@code Range} header asks for (RFC 9110); one range only, several get the whole file. */
sealed interface ByteRange {
    Pattern SINGLE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /** All of it. */
    record Whole() implements ByteRange {}

    /** From the byte {@code first} on, {@code length} bytes, at least 1. */
    record Part(long first, long length) implements ByteRange {}

    /** Nothing that there is. */
    record Unsatisfiable() implements ByteRange {}

    /** The part of a file of {@code size} bytes; {@code header} absent: all of it. */
    static ByteRange of(@Nullable String header, long size) {
        Matcher range = SINGLE.matcher(header == null ? "" : header.strip());
        if (!range.matches() || (range.group(1).isEmpty() && range.group(2).isEmpty())) {
            return new Whole();
        }
        if (range.group(1).isEmpty()) {
            long last = Math.min(Long.parseLong(range.group(2)), size);
            return last == 0 ? new Unsatisfiable() : new Part(size - last, last);
        }
        long first = Long.parseLong(range.group(1));
        long end = range.group(2).isEmpty() ? size - 1 : Math.min(Long.parseLong(range.group(2)), size - 1);
        if (!range.group(2).isEmpty() && Long.parseLong(range.group(2)) < first) {
            return new Whole();
        }
        return first >= size ? new Unsatisfiable() : new Part(first, end - first + 1);
    }
}
