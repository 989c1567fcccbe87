/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a program gets exactly its arguments and its environment on a host where there is only a shell. Values are handed on
 * by the shell itself, and are in no command line, as far as {@link ShellVariables} goes.
 */
final class RemoteCommand {
    /**
     * Starts an application; {@code $@} is log file, file for errors or nothing, the mode of such a file, directory, uid:gid,
     * what it reads, number of words before its command line, these words, command line. Shows the process as soon as the
     * last program of the chain runs in it, nothing if it has ended before, and otherwise {@code link} or {@code late}.
     */
    static final String START = """
        uplift_log=$1 uplift_errors=$2 uplift_mode=$3 uplift_dir=$4 uplift_owner=$5 uplift_input=$6 uplift_words=$7
        shift 7
        for uplift_file in "$uplift_log" "$uplift_errors"; do
          if [ -L "$uplift_file" ]; then printf 'link %s' "$uplift_file"; exit 0; fi
          if [ -n "$uplift_file" ] && [ ! -e "$uplift_file" ]; then
            (umask 077; : >"$uplift_file"); chmod "$uplift_mode" "$uplift_file"
            [ "$(id -u)" != 0 ] || chown -h "$uplift_owner" "$uplift_file"
            sync "$uplift_file"
          fi
        done
        cd -- "$uplift_dir"
        (exec 9>&-; printf '%s' "$uplift_input") | (
          [ -z "$uplift_errors" ] || exec 2>>"$uplift_errors"
          exec "$@"
        ) >>"$uplift_log" 2>&1 9>&- &
        uplift_pid=$!
        shift "$uplift_words"
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

    /**
     * Runs a command; {@code $@} is directory, what it reads, number of exports, exports, arguments for {@code env}. The
     * last line of the output is its exit code.
     */
    static final String RUN = """
        uplift_dir=$1 uplift_input=$2 uplift_exports=$3; shift 3
        cd -- "$uplift_dir"
        uplift_status=0
        (exec 9>&-; printf '%s' "$uplift_input") | (
          while [ "$uplift_exports" -gt 0 ]; do
            uplift_exports=$((uplift_exports - 1)); export "$1"; shift
          done
          umask 022
          exec /usr/bin/env "$@"
        ) 9>&- || uplift_status=$?
        printf '\\n%s' "$uplift_status"
        """;

    private static final int TIMED_OUT = 124;
    private static final int KILLED = 137;
    private static final int NO_PROGRAM = 126;

    private RemoteCommand() {}

    /** The arguments of {@link #START}. */
    static List<String> start(Launch launch, long loginUid) throws UnexpectedPathException {
        InheritedStart start = InheritedStart.of(launch, loginUid);
        List<String> all = new ArrayList<>(List.of(
                launch.logFile(),
                launch.errorFile() == null ? "" : launch.errorFile(),
                SshHeld.chmod(launch.inheritedOrUsual().fileMode()),
                launch.directory(),
                launch.uid() + ":" + launch.gid(),
                start.input(),
                Integer.toString(start.words().size() + 1),
                DetachedStart.SESSION));
        all.addAll(start.words());
        all.addAll(launch.argv());
        return all;
    }

    /** The arguments of {@link #RUN}. */
    static List<String> run(Exec command) {
        long seconds = Math.max(1, command.timeout().plusMillis(999).toSeconds());
        List<String> before = List.of("/usr/bin/timeout", "--kill-after=2", Long.toString(seconds));
        List<String> all = new ArrayList<>();
        all.add(command.directory() == null ? "/" : command.directory().toString());
        all.add(command.input());
        Map<String, String> environment = command.environment();
        if (environment == null) {
            all.add("0");
        } else {
            ShellVariables variables = ShellVariables.of(environment);
            all.add(Integer.toString(variables.exports().size()));
            all.addAll(variables.exports());
            all.addAll(variables.corrections());
        }
        all.addAll(before);
        all.addAll(command.argv());
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

    private static String last(String text, int bytesMax) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int from = Math.max(0, bytes.length - bytesMax);
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }
}
