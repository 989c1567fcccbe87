/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/** Being behind the fence of an application on a host that is reached through SSH: each effect is one command. */
final class SshHeld implements Fence.Held {
    private static final Duration QUICK = Duration.ofMinutes(1);
    private static final Duration COPY = Duration.ofMinutes(30);

    /** Copies the directory {@code $1} to {@code $2}, whose parent is {@code $3}; it appears when it is complete. */
    private static final String COPY_TREE = """
        copy_tree() {
          unfinished="$3/.${2##*/}.uplift-tmp"
          rm -rf -- "$unfinished"
          cp -aT -- "$1" "$unfinished"
          find "$unfinished" \\( -type f -o -type d \\) -exec sync {} +
          mv -fT -- "$unfinished" "$2"
          sync -- "$3"
        }
        """;

    private final SshHost host;
    private final SshFence fence;
    private final FenceToken token;

    SshHeld(SshHost host, SshFence fence, FenceToken token) {
        this.host = host;
        this.fence = fence;
        this.token = token;
    }

    @Override
    public void write(Path file, byte[] content, Set<PosixFilePermission> mode) throws IOException, FencedException {
        quick(
                file,
                """
                rm -f -- "$2"
                printf '%s' "$5" | base64 -d >"$2"
                chmod -- "$4" "$2"
                sync -- "$2"
                mv -fT -- "$2" "$1"
                sync -- "$3"
                """,
                file,
                DurableFiles.temporary(file),
                parent(file),
                chmod(mode),
                Base64.getEncoder().encodeToString(content));
    }

    @Override
    public void createDirectory(Path directory, Set<PosixFilePermission> mode) throws IOException, FencedException {
        String found = quick(directory, """
            if [ -L "$1" ] || { [ -e "$1" ] && [ ! -d "$1" ]; }; then echo other; exit 0; fi
            [ -d "$1" ] || mkdir -m "$3" -- "$1"
            [ "$(stat -c %a -- "$1")" = "$3" ] || chmod -- "$3" "$1"
            sync -- "$1" "$2"
            """, directory, parent(directory), chmod(mode));
        if (!found.isEmpty()) {
            throw new UnexpectedPathException(directory + " is not a directory");
        }
    }

    @Override
    public void moveInto(Path from, Path to) throws IOException, FencedException {
        quick(from, """
            [ "$(stat -c %d -- "$1")" = "$(stat -c %d -- "$4")" ] || { echo 'not on the same disk' >&2; exit 1; }
            mv -fT -- "$1" "$2"
            sync -- "$4" "$3"
            """, from, to, parent(from), parent(to));
    }

    @Override
    public void replaceLink(Path link, Path target) throws IOException, FencedException {
        quick(link, """
            if [ ! -L "$1" ] || [ "$(readlink -- "$1")" != "$2" ]; then
              rm -f -- "$3"
              ln -s -- "$2" "$3"
              mv -fT -- "$3" "$1"
            fi
            sync -- "$4"
            """, link, target, DurableFiles.temporary(link), parent(link));
    }

    @Override
    public void hardLink(Path link, Path existing) throws IOException, FencedException {
        quick(existing, """
            if [ ! -f "$1" ] || [ -L "$1" ] || [ ! "$1" -ef "$2" ]; then
              rm -f -- "$3"
              ln -P -- "$2" "$3"
              mv -fT -- "$3" "$1"
            fi
            sync -- "$4"
            """, link, existing, DurableFiles.temporary(link), parent(link));
    }

    @Override
    public void settle(Path file) throws IOException, FencedException {
        quick(file, "sync -- \"$1\" \"$2\"\n", file, parent(file));
    }

    @Override
    public void setMode(Path path, Set<PosixFilePermission> mode) throws IOException, FencedException {
        quick(path, """
            [ ! -L "$1" ] || { echo 'a symbolic link has no mode' >&2; exit 1; }
            chmod -- "$2" "$1"
            sync -- "$1"
            """, path, chmod(mode));
    }

    @Override
    public void setOwner(Path path, long uid, long gid) throws IOException, FencedException {
        quick(
                path,
                "[ \"$(id -u)\" != 0 ] || chown -h -- \"$2:$3\" \"$1\"\nsync -- \"$1\"\n",
                path,
                Long.toString(uid),
                Long.toString(gid));
    }

    @Override
    public void delete(Path path) throws IOException, FencedException {
        fence.effect(
                token,
                path,
                COPY,
                "rm -rf -- \"$1\"\n[ ! -d \"$2\" ] || sync -- \"$2\"\n",
                path.toString(),
                parent(path).toString());
    }

    @Override
    public void copyTree(Path from, Path to) throws IOException, FencedException {
        fence.effect(
                token,
                from,
                COPY,
                COPY_TREE + "copy_tree \"$@\"\n",
                from.toString(),
                to.toString(),
                parent(to).toString());
    }

    @Override
    public void replaceTree(Path kept, Path place) throws IOException, FencedException {
        Path fresh = place.resolveSibling("." + place.getFileName() + ".uplift-kept");
        fence.effect(
                token,
                kept,
                COPY,
                COPY_TREE + """
                    rm -rf -- "$2"
                    copy_tree "$1" "$2" "$3"
                    rm -rf -- "$4"
                    mv -fT -- "$2" "$4"
                    sync -- "$3"
                    """,
                kept.toString(),
                fresh.toString(),
                parent(place).toString(),
                place.toString());
    }

    @Override
    public boolean signal(ProcessIdentity process, Signal signal) throws IOException, FencedException {
        return !quick(
                        Path.of("/proc"),
                        """
                        pid=$1 ticks=$2 signal=$3
                        line=$(cat "/proc/$pid/stat" 2>/dev/null) || exit 0
                        set -- ${line##*) }
                        [ "${20}" = "$ticks" ] || exit 0
                        case $1 in Z|X) exit 0;; esac
                        kill -s "$signal" "$pid" 2>/dev/null || exit 0
                        echo sent
                        """,
                        Long.toString(process.pid()),
                        Long.toString(process.startTicks()),
                        signal.name())
                .isEmpty();
    }

    @Override
    public Optional<RunningProcess> start(Launch launch) throws IOException, FencedException {
        String shown = fence.effect(
                token,
                Path.of(launch.directory()),
                QUICK,
                SshProcesses.SHOW + RemoteCommand.START,
                RemoteCommand.start(launch, host.uid()).toArray(String[]::new));
        if (shown.startsWith("link")) {
            throw new UnexpectedPathException(shown.substring("link ".length())
                    + " is a symbolic link; the application's output is not written there");
        }
        if (shown.startsWith("late")) {
            throw new IOException("the application was not handed over in time");
        }
        return SshProcesses.shown(shown).stream().findFirst();
    }

    @Override
    public Exec.Result run(Exec command) throws IOException, FencedException {
        return RemoteCommand.result(
                command,
                fence.behind(
                        token,
                        command.timeout().plus(QUICK),
                        RemoteCommand.RUN,
                        RemoteCommand.run(command).toArray(String[]::new)));
    }

    @Override
    public Fence.Locked lock() throws IOException, FencedException {
        return fence.lock(token);
    }

    /** No lock is held between effects. */
    @Override
    public void close() {}

    private String quick(Path about, String body, Object... arguments) throws IOException, FencedException {
        String[] texts = new String[arguments.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = arguments[i].toString();
        }
        return fence.effect(token, about, QUICK, body, texts);
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("the root directory has no name to change");
        }
        return parent;
    }

    /** As {@code chmod} takes it and {@code stat} prints it: {@code 644}. */
    static String chmod(Set<PosixFilePermission> mode) {
        int bits = 0;
        for (char letter : PosixFilePermissions.toString(mode).toCharArray()) {
            bits = 2 * bits + (letter == '-' ? 0 : 1);
        }
        return Integer.toOctalString(bits);
    }
}
