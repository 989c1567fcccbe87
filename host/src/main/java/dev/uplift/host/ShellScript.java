/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A script for a POSIX shell that reads it from its standard input. So neither the script nor its
 * arguments are ever in a command line, where every user of the host could read them, and the login shell
 * of the user has no say in how they are understood.
 *
 * <p>It is one compound command: a shell runs it only after it has read the whole. Of a script that was cut
 * off on its way nothing is run. What comes from outside is never part of {@code body}: it is in the
 * positional parameters.
 */
record ShellScript(String body, List<String> arguments) {
    /** See {@link #bytesToStay}. */
    static final String READY = "ready";

    ShellScript {
        arguments = List.copyOf(arguments);
        for (String argument : arguments) {
            if (argument.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("no argument of a command can have a NUL in it");
            }
        }
    }

    static ShellScript of(String body, String... arguments) {
        return new ShellScript(body, List.of(arguments));
    }

    /** What the shell is to read. */
    byte[] bytes() {
        return text(body + "\nexit 0\n", "").getBytes(StandardCharsets.UTF_8);
    }

    /** The same for a shell that says {@link #READY} when it has come to the end of the script, and then stays until its input ends. */
    byte[] bytesToStay() {
        return text(body + "\necho " + READY + "\n", "exec cat >/dev/null\n").getBytes(StandardCharsets.UTF_8);
    }

    private String text(String whole, String after) {
        StringBuilder script = new StringBuilder("{\nset --");
        arguments.forEach(argument -> script.append(' ').append(quote(argument)));
        return script.append('\n')
                .append(whole)
                .append("} </dev/null\n")
                .append(after)
                .toString();
    }

    /** One word for the shell that stands for exactly this text. */
    static String quote(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
