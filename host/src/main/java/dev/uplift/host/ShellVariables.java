/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * An environment for a shell. Only variables that it cannot export, names of its own such as {@code PWD} or with other
 * characters than letters, digits and underscores, go through the command line of {@code env}.
 *
 * @param exports {@code NAME=value}, what the shell can hand on itself
 * @param corrections arguments of {@code env} that make of what a shell hands on exactly the environment
 */
public record ShellVariables(List<String> exports, List<String> corrections) {
    private static final Pattern NAME = Pattern.compile("(?!uplift_|BASH|COMP_)[A-Za-z_][A-Za-z0-9_]*");

    /** What our shells have themselves, or make themselves. */
    private static final Set<String> GIVEN = Set.of("PATH", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_");

    /** Names that shells give a meaning of their own. */
    private static final Set<String> OF_SHELLS = Set.of(
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_",
            "IFS",
            "OPTIND",
            "OPTARG",
            "PPID",
            "PS1",
            "PS2",
            "PS4",
            "LINENO",
            "UID",
            "EUID",
            "GROUPS",
            "RANDOM",
            "SRANDOM",
            "SECONDS",
            "EPOCHSECONDS",
            "EPOCHREALTIME",
            "SHELLOPTS",
            "DIRSTACK",
            "FUNCNAME",
            "HISTCMD",
            "POSIXLY_CORRECT");

    /**
     * Names of what every user of the host can read in the command line of {@code env} for the moment of a start, without
     * those that shells have themselves, such as {@code PWD}: nobody keeps a secret in them.
     */
    public static List<String> shown(Map<String, String> environment) {
        return environment.keySet().stream()
                .filter(name -> !isExported(name) && !OF_SHELLS.contains(name))
                .sorted()
                .toList();
    }

    static ShellVariables of(Map<String, String> environment) {
        List<String> exports = new ArrayList<>();
        List<String> odd = new ArrayList<>();
        Set<String> given = new TreeSet<>(GIVEN);
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            boolean exported = isExported(variable.getKey());
            (exported ? exports : odd).add(variable.getKey() + "=" + variable.getValue());
            if (exported) {
                given.remove(variable.getKey());
            }
        }
        List<String> corrections = new ArrayList<>();
        given.forEach(name -> corrections.addAll(List.of("-u", name)));
        corrections.add("--");
        corrections.addAll(odd);
        return new ShellVariables(exports, corrections);
    }

    private static boolean isExported(String name) {
        return NAME.matcher(name).matches() && !OF_SHELLS.contains(name);
    }
}
