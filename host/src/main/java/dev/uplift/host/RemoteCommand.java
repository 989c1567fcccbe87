package dev.uplift.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * How a program gets exactly its arguments and its environment on a host where there is only a shell.
 * Values are handed on by the shell itself and are in no command line, where every user of the host could
 * read them. Only variables that a shell cannot export, names of its own such as {@code PWD} or with other
 * characters than letters, digits and underscores, go through {@code env}.
 */
final class RemoteCommand {
    /**
     * Starts an application; {@code $@} is log file, file for errors or nothing, directory, uid:gid, then {@link #words}. Shows the
     * process as soon as the last program of the chain runs in it, nothing if it has ended before, and
     * otherwise {@code link} or {@code late}.
     */
    static final String START = """
            uplift_log=$1 uplift_errors=$2 uplift_dir=$3 uplift_owner=$4 uplift_exports=$5 uplift_words=$6; shift 6
            for uplift_file in "$uplift_log" "$uplift_errors"; do
              if [ -L "$uplift_file" ]; then printf 'link %s' "$uplift_file"; exit 0; fi
              if [ -n "$uplift_file" ] && [ ! -e "$uplift_file" ]; then
                : >"$uplift_file"; chmod 644 "$uplift_file"
                [ "$(id -u)" != 0 ] || chown -h "$uplift_owner" "$uplift_file"
                sync "$uplift_file"
              fi
            done
            cd -- "$uplift_dir"
            (
              while [ "$uplift_exports" -gt 0 ]; do
                uplift_exports=$((uplift_exports - 1)); export "$1"; shift
              done
              [ -z "$uplift_errors" ] || exec 2>>"$uplift_errors"
              exec /usr/bin/env "$@"
            ) </dev/null >>"$uplift_log" 2>&1 9>&- &
            uplift_pid=$!
            shift "$((uplift_exports + uplift_words))"
            uplift_expected=$(printf '%s\\0' "$@" | base64 -w0)
            uplift_tries=200
            while [ "$uplift_tries" -gt 0 ]; do
              uplift_tries=$((uplift_tries - 1))
              uplift_line=$(cat "/proc/$uplift_pid/stat" 2>/dev/null) || exit 0
              case ${uplift_line##*) } in Z*|X*) exit 0;; esac
              if [ "$(base64 -w0 <"/proc/$uplift_pid/cmdline")" = "$uplift_expected" ] &&
                  [ "$(readlink "/proc/$uplift_pid/cwd")" = "$uplift_dir" ]; then
                show "$uplift_pid"; exit 0
              fi
              sleep 0.05
            done
            kill -s KILL "$uplift_pid" || :
            echo late
            """;

    /** Runs a command; {@code $@} is directory, then {@link #words}. The last line of the output is its exit code. */
    static final String RUN = """
            uplift_dir=$1 uplift_exports=$2; shift 3
            cd -- "$uplift_dir"
            uplift_status=0
            (
              while [ "$uplift_exports" -gt 0 ]; do
                uplift_exports=$((uplift_exports - 1)); export "$1"; shift
              done
              umask 022
              exec /usr/bin/env "$@"
            ) 9>&- || uplift_status=$?
            printf '\\n%s' "$uplift_status"
            """;

    /** Runs {@code $@} behind umask, number of commands and {@link Inherited#commands}. */
    private static final String INHERIT = """
            umask "$1"; uplift_count=$2; shift 2
            while [ "$uplift_count" -gt 0 ]; do
              uplift_count=$((uplift_count - 1))
              case $1 in
                oom\\ *) echo "${1#oom }" >"/proc/$$/oom_score_adj";;
                *) $1 "$$";;
              esac >/dev/null 2>&1 || :
              shift
            done
            exec "$@"
            """;

    private static final int TIMED_OUT = 124;
    private static final int KILLED = 137;
    private static final int NO_PROGRAM = 126;
    private static final Pattern NAME = Pattern.compile("(?!uplift_|BASH|COMP_)[A-Za-z_][A-Za-z0-9_]*");

    /** What the shell of {@link SshConnection} has itself, or makes itself. */
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

    private RemoteCommand() {}

    /**
     * What comes before the command line of an application to run it with what it inherits, and with exactly the
     * environment that the first of these words is run with.
     *
     * @param further words that come behind these
     */
    static List<String> inheriting(Launch launch, List<String> further) {
        Inherited inherited = launch.inherited() == null ? Inherited.UNKNOWN : launch.inherited();
        List<String> commands = inherited.commands();
        List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", INHERIT, "sh", inherited.umaskOrUsual()));
        words.add(Integer.toString(commands.size()));
        words.addAll(commands);
        words.add("/usr/bin/env");
        words.addAll(Variables.of(launch.environment()).corrections());
        words.addAll(further);
        return words;
    }

    /** The arguments of {@link #START}. */
    static List<String> start(Launch launch, long loginUid) throws UnexpectedPathException {
        List<String> all = new ArrayList<>(List.of(
                launch.logFile(),
                launch.errorFile() == null ? "" : launch.errorFile(),
                launch.directory(),
                launch.uid() + ":" + launch.gid()));
        all.addAll(words(launch.environment(), DetachedStart.inItsOwnSession(launch, loginUid), launch.argv()));
        return all;
    }

    /** The arguments of {@link #RUN}. */
    static List<String> run(Exec command) {
        long seconds = Math.max(1, command.timeout().plusMillis(999).toSeconds());
        List<String> before = List.of("/usr/bin/timeout", "--kill-after=2", Long.toString(seconds));
        List<String> all = new ArrayList<>();
        all.add(command.directory() == null ? "/" : command.directory().toString());
        Map<String, String> environment = command.environment();
        if (environment == null) {
            all.addAll(List.of("0", "0"));
            all.addAll(before);
            all.addAll(command.argv());
        } else {
            all.addAll(words(environment, before, command.argv()));
        }
        return all;
    }

    /** How a command has ended, by what {@link #RUN} wrote. */
    static Exec.Result result(Exec command, SshConnection.Ended ended) throws IOException {
        String text = ended.text();
        int end = text.lastIndexOf('\n');
        int exitCode = end < 0 ? NO_PROGRAM : Integer.parseInt(text.substring(end + 1));
        String program = command.argv().getFirst();
        if (exitCode == TIMED_OUT || exitCode == KILLED) {
            throw new IOException(
                    program + " was killed after " + command.timeout().toSeconds() + " s");
        }
        if (exitCode == NO_PROGRAM || exitCode == NO_PROGRAM + 1) {
            throw new IOException(
                    program + " cannot be started: " + ended.errors().strip());
        }
        return new Exec.Result(
                exitCode,
                last(text.substring(0, end), command.outputBytesMax()),
                last(ended.errors(), command.outputBytesMax()));
    }

    /** Number of exports, number of words before {@code argv}, exports, words for {@code env}, {@code argv}. */
    private static List<String> words(Map<String, String> environment, List<String> before, List<String> argv) {
        Variables variables = Variables.of(environment);
        List<String> words = new ArrayList<>(variables.corrections());
        words.addAll(before);
        List<String> all = new ArrayList<>();
        all.add(Integer.toString(variables.exports().size()));
        all.add(Integer.toString(words.size()));
        all.addAll(variables.exports());
        all.addAll(words);
        all.addAll(argv);
        return all;
    }

    /**
     * An environment for a shell.
     *
     * @param exports what the shell can hand on itself
     * @param corrections arguments of {@code env} that make of what a shell hands on exactly the environment
     */
    private record Variables(List<String> exports, List<String> corrections) {
        static Variables of(Map<String, String> environment) {
            List<String> exports = new ArrayList<>();
            List<String> odd = new ArrayList<>();
            Set<String> given = new TreeSet<>(GIVEN);
            for (Map.Entry<String, String> variable : environment.entrySet()) {
                String name = variable.getKey();
                boolean exported = NAME.matcher(name).matches() && !OF_SHELLS.contains(name);
                (exported ? exports : odd).add(name + "=" + variable.getValue());
                if (exported) {
                    given.remove(name);
                }
            }
            List<String> corrections = new ArrayList<>();
            given.forEach(name -> corrections.addAll(List.of("-u", name)));
            corrections.add("--");
            corrections.addAll(odd);
            return new Variables(exports, corrections);
        }
    }

    private static String last(String text, int bytesMax) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int from = Math.max(0, bytes.length - bytesMax);
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }
}
