/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The fence of an application on a host that is reached through SSH. Nobody holds its lock across
 * commands, so that a lost connection leaves none behind: every effect is one command that takes the lock,
 * compares the token on the host with its own and is refused if another came in meanwhile. So a command
 * that arrives late, after its connection was given up, does nothing.
 */
final class SshFence implements Fence {
    private static final int NOT_AS_REGISTERED = 94;
    private static final int OTHER_OWNER = 95;
    private static final int BUSY = 96;
    private static final int FENCED = 97;
    private static final int CHANGED = 98;

    /** Takes the lock of the application in {@code $1} within {@code $2} seconds; {@code $seen} is the token. */
    private static final String LOCK = """
            umask 077
            cd -- "$1" 2>/dev/null && [ "$(pwd -P)" = "$1" ] || exit 94
            if [ ! -e .uplift ] && [ ! -L .uplift ]; then mkdir .uplift && sync . || exit 94; fi
            [ -d .uplift ] && [ ! -L .uplift ] && [ "$(stat -c %u .uplift)" = "$(id -u)" ] || exit 95
            chmod 700 .uplift
            exec 9>>.uplift/fence.lock
            flock -w "$2" 9 || exit 96
            seen=
            if [ -e .uplift/fence ]; then IFS= read -r seen <.uplift/fence || [ -n "$seen" ] || seen=damaged; fi
            """;

    /** Lets only the token {@code $3} on. */
    private static final String COMPARE = "[ \"$seen\" = \"$3\" ] || exit 97\nshift 3\nset -e\n";

    private static final String WRITE_TOKEN = """
            [ "$seen" = "$3" ] || exit 98
            set -e
            printf '%s\\n' "$4" >.uplift/.fence.uplift-tmp
            sync .uplift/.fence.uplift-tmp
            mv -fT .uplift/.fence.uplift-tmp .uplift/fence
            sync .uplift
            """;

    private static final int TRIES_MAX = 20;
    private static final Duration QUICK = Duration.ofMinutes(1);
    private static final Duration READ_BACK = Duration.ofMinutes(10);

    private final SshHost host;
    private final FenceFiles files;
    private final Duration waitMax;

    SshFence(SshHost host, Path applicationDirectory, Duration waitMax) {
        this.host = host;
        this.files = new FenceFiles(host, applicationDirectory);
        this.waitMax = waitMax;
    }

    @Override
    public Fence waiting(Duration atMost) {
        return new SshFence(host, files.applicationDirectory(), atMost);
    }

    @Override
    public Held hold(FenceToken token) throws IOException, FencedException {
        return enter(token.at(files.applicationDirectory()));
    }

    @Override
    public Held claim(UUID installationId, @Nullable UUID from) throws IOException, FencedException {
        return enter(FenceToken.claiming(installationId, from, files.applicationDirectory()));
    }

    /** Whoever was there last is read without the lock, and compared again under it. */
    private <X extends Exception> Held enter(FenceToken.Admission<X> admission) throws IOException, X {
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            Optional<FenceToken> last = files.last();
            FenceToken next = admission.next(last);
            if (last.equals(Optional.of(next)) || replace(last, next)) {
                return new SshHeld(host, this, next);
            }
        }
        throw new FenceBusyException("others come and go at the fence of " + files.applicationDirectory());
    }

    @Override
    public Optional<FenceToken> last() throws IOException {
        return files.last();
    }

    @Override
    public Path incoming() {
        return files.incoming();
    }

    @Override
    public Path bring(Content content, String sha256, long sizeBytes, LongConsumer brought) throws IOException {
        StateDirectory.existing(host, files.applicationDirectory());
        Path file = incoming().resolve(sha256);
        require(host.script(script(LOCK + """
                set -e
                if [ ! -d .uplift/incoming ] || [ -L .uplift/incoming ]; then mkdir .uplift/incoming; sync .uplift; fi
                """), QUICK));
        bring(file, content, sha256, sizeBytes, brought);
        return file;
    }

    @Override
    public void bring(Path file, Content content, String sha256, long sizeBytes, LongConsumer brought)
            throws IOException {
        new Upload(content, sha256, sizeBytes, brought) {
            @Override
            Optional<Long> present() throws IOException {
                return host.files().status(file).map(FileStatus::sizeBytes);
            }

            @Override
            void append(InputStream in, long offset) throws IOException {
                try (OutputStream out = host.files().append(file, offset)) {
                    copy(in, out, offset);
                }
            }

            @Override
            Digested digest() throws IOException {
                host.files().shell(file, READ_BACK, "chmod 600 -- \"$1\"\nsync -- \"$1\"\n", file.toString());
                return host.files().digest(file);
            }

            @Override
            void discard() throws IOException {
                host.files().shell(file, QUICK, "rm -f -- \"$1\"\n", file.toString());
            }
        }.run();
    }

    /** Does something behind the fence, and fails if that fails: {@code about} is whose fault it is. */
    String effect(FenceToken token, Path about, Duration timeout, String body, String... arguments)
            throws IOException, FencedException {
        SshConnection.Ended ended = behind(token, timeout, body, arguments);
        if (ended.exitCode() != 0) {
            throw SshFiles.failure(about, ended.errors());
        }
        return ended.text();
    }

    /** Runs a script behind the fence; it sees only its own arguments. */
    SshConnection.Ended behind(FenceToken token, Duration timeout, String body, String... arguments)
            throws IOException, FencedException {
        String[] all = new String[arguments.length + 3];
        all[0] = files.applicationDirectory().toString();
        all[1] = Long.toString(waitMax.toSeconds());
        all[2] = token.line().strip();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        SshConnection.Ended ended = host.script(ShellScript.of(LOCK + COMPARE + body, all), timeout.plus(waitMax));
        requireLetIn(token, ended.exitCode());
        return ended;
    }

    /** Holds the lock by a shell on the host, which ends when its input does. */
    Locked lock(FenceToken token) throws IOException, FencedException {
        SshConnection.Standing standing =
                host.stand(script(LOCK + COMPARE, token.line().strip()), QUICK.plus(waitMax));
        if (standing.exitCode().isPresent()) {
            requireLetIn(token, standing.exitCode().getAsInt());
            throw new FileSystemException(files.lock().toString(), null, "cannot be locked");
        }
        return standing::close;
    }

    private void requireLetIn(FenceToken token, int exitCode) throws IOException, FencedException {
        if (exitCode == FENCED) {
            throw new FencedException("a newer command has been at " + files.applicationDirectory()
                    + "; this one is of epoch " + token.epoch());
        }
        refuse(exitCode);
    }

    private boolean replace(Optional<FenceToken> last, FenceToken token) throws IOException {
        String seen = last.map(there -> there.line().strip()).orElse("");
        SshConnection.Ended ended =
                host.script(script(LOCK + WRITE_TOKEN, seen, token.line().strip()), QUICK.plus(waitMax));
        return ended.exitCode() != CHANGED && require(ended).exitCode() == 0;
    }

    private ShellScript script(String body, String... arguments) {
        String[] all = new String[arguments.length + 2];
        all[0] = files.applicationDirectory().toString();
        all[1] = Long.toString(waitMax.toSeconds());
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return ShellScript.of(body, all);
    }

    private SshConnection.Ended require(SshConnection.Ended ended) throws IOException {
        refuse(ended.exitCode());
        if (ended.exitCode() != 0) {
            throw SshFiles.failure(files.token(), ended.errors());
        }
        return ended;
    }

    private void refuse(int exitCode) throws IOException {
        @Nullable
        IOException refused = switch (exitCode) {
            case NOT_AS_REGISTERED ->
                new UnexpectedPathException(files.applicationDirectory()
                        + " is not a directory, or is reached through a symbolic link, by now");
            case OTHER_OWNER ->
                new UnexpectedPathException(files.applicationDirectory().resolve(StateDirectory.NAME)
                        + " is a link or belongs to another user than the one that is logged in");
            case BUSY -> files.busy(waitMax);
            default -> null;
        };
        if (refused != null) {
            throw refused;
        }
    }
}
