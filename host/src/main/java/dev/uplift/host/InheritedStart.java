/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a command line of an application is run as its user, with what it inherits and with exactly its environment, here
 * and on every other host:
 *
 * <ol>
 *   <li>A shell gives itself what is inherited, and {@code setpriv} makes it the application's user.
 *   <li>As that user, another one reads the environment from its standard input, and {@code env} becomes the application.
 * </ol>
 *
 * The environment is one that the application's user has chosen: until that user is there, no program gets it, because
 * some of its variables make a program do what they say. It is in no command line either, where every user of the host
 * could read it, except for variables that no shell can hand on, which are in that of {@code env} for a moment: what
 * {@link ShellVariables#shown} names, and those that shells have themselves, such as {@code PWD}.
 *
 * @param words what comes before the command line; to be run with {@link #ENVIRONMENT} alone
 * @param input what {@code words} read from their standard input
 */
record InheritedStart(List<String> words, String input) {
    static final Map<String, String> ENVIRONMENT = Map.of("PATH", SshConnection.PATH);

    /**
     * Runs {@code $@} behind umask, options of {@code setpriv} for user and capabilities, number of commands and {@link
     * #commands}. Capabilities that may not be given stay as they are.
     */
    private static final String INHERIT = """
        umask "$1"; uplift_privileges=$2 uplift_capabilities=$3 uplift_count=$4; shift 4
        if [ -n "$uplift_capabilities" ]; then
          /usr/bin/setpriv $uplift_privileges $uplift_capabilities -- true >/dev/null 2>&1 || uplift_capabilities=
        fi
        while [ "$uplift_count" -gt 0 ]; do
          uplift_count=$((uplift_count - 1))
          case $1 in
            oom\\ *) echo "${1#oom }" >"/proc/$$/oom_score_adj";;
            *) $1 "$$";;
          esac >/dev/null 2>&1 || :
          shift
        done
        if [ -n "$uplift_privileges$uplift_capabilities" ]; then
          set -- /usr/bin/setpriv $uplift_privileges $uplift_capabilities -- "$@"
        fi
        exec "$@"
        """;

    /**
     * Of a launch.
     *
     * @param ownUid who does this
     * @throws UnexpectedPathException if that one cannot become the application's user
     */
    static InheritedStart of(Launch launch, long ownUid) throws UnexpectedPathException {
        Inherited inherited = launch.inheritedOrUsual();
        List<String> commands = commands(inherited);
        List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", INHERIT, "sh", inherited.umaskOrUsual()));
        words.add(privileges(launch, ownUid));
        words.add(ownUid == 0 ? capabilities(inherited) : "");
        words.add(Integer.toString(commands.size()));
        words.addAll(commands);
        words.addAll(List.of("/bin/sh", "-s", "--"));
        return new InheritedStart(words, script(launch));
    }

    /** It is read to its end before anything of it is done: half of it is no start. */
    private static String script(Launch launch) {
        ShellVariables variables = ShellVariables.of(launch.environment());
        StringBuilder script = new StringBuilder("{\n");
        variables
                .exports()
                .forEach(variable -> script.append("export ")
                        .append(ShellScript.quote(variable))
                        .append('\n'));
        script.append("exec /usr/bin/env");
        variables.corrections().forEach(word -> script.append(' ').append(ShellScript.quote(word)));
        return script.append(" \"$@\" </dev/null\n}\n").toString();
    }

    private static String privileges(Launch launch, long ownUid) throws UnexpectedPathException {
        List<String> options = new ArrayList<>();
        if (ownUid == 0
                && (launch.uid() != 0 || launch.gid() != 0 || !launch.groups().isEmpty())) {
            String groups = launch.groups().stream().map(String::valueOf).collect(Collectors.joining(","));
            options.add("--reuid=" + launch.uid());
            options.add("--regid=" + launch.gid());
            options.add(groups.isEmpty() ? "--clear-groups" : "--groups=" + groups);
        } else if (ownUid != launch.uid()) {
            throw new UnexpectedPathException(
                    "the application runs as " + launch.user() + ", and only root can start it as another user");
        }
        if (launch.inheritedOrUsual().noNewPrivileges()) {
            options.add("--no-new-privs");
        }
        return String.join(" ", options);
    }

    private static String capabilities(Inherited inherited) {
        List<String> options = new ArrayList<>();
        if (!inherited.ambientCapabilities().isEmpty()) {
            options.add("--inh-caps=" + signed("+", inherited.ambientCapabilities()));
            options.add("--ambient-caps=" + signed("+", inherited.ambientCapabilities()));
        }
        if (!inherited.droppedCapabilities().isEmpty()) {
            options.add("--bounding-set=" + signed("-", inherited.droppedCapabilities()));
        }
        return String.join(" ", options);
    }

    private static String signed(String sign, List<Integer> capabilities) {
        return capabilities.stream().map(number -> sign + "cap_" + number).collect(Collectors.joining(","));
    }

    /**
     * Commands that each give a shell one of what is inherited: they are followed by its pid, or are {@code oom NUMBER}.
     * What they are not allowed stays as it is. The limits are the last, because they hold for these commands, too.
     */
    private static List<String> commands(Inherited inherited) {
        List<String> commands = new ArrayList<>();
        if (inherited.oomScoreAdjustment() != null) {
            commands.add("oom " + inherited.oomScoreAdjustment());
        }
        if (inherited.cpus() != null) {
            commands.add("/usr/bin/taskset -pc " + inherited.cpus());
        }
        if (inherited.io() != null) {
            commands.add("/usr/bin/ionice " + inherited.io() + " -p");
        }
        if (inherited.scheduling() != null) {
            commands.add("/usr/bin/chrt " + inherited.scheduling().replaceFirst(" ", " -p "));
        }
        if (inherited.nice() != null) {
            commands.add("/usr/bin/renice " + inherited.nice() + " -p");
        }
        inherited.limits().forEach((name, value) -> {
            if (!name.equals("nproc")) {
                commands.add("/usr/bin/prlimit --" + name + "=" + value + " --pid");
            }
        });
        if (inherited.limits().containsKey("nproc")) {
            commands.add("/usr/bin/prlimit --nproc=" + inherited.limits().get("nproc") + " --pid");
        }
        return commands;
    }
}
