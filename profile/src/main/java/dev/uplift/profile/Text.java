/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.OptionalInt;
import java.util.regex.Pattern;

/** Text of others, made fit to be shown in one line. */
final class Text {
    private static final int SHOWN_MAX = 120;
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?");

    private Text() {}

    /** At most 120 characters between quotation marks, control characters replaced. */
    static String quote(String text) {
        String shown = text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "…" : text;
        return '"' + shown.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]", "?") + '"';
    }

    /** Whether it is a host's name or an address, and nothing else: no part of a URL or an option of a command. */
    static boolean isHost(String text) {
        return HOST.matcher(text).matches() || IPV6.matcher(text).matches();
    }

    /** A whole number without sign, if it is one. */
    static OptionalInt number(String text) {
        return text.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }
}
