package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
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

    private static final int TOKEN_BYTES_MAX = 1_000;
    private static final Duration QUICK = Duration.ofMinutes(1);
    private static final Duration READ_BACK = Duration.ofMinutes(10);

    private final SshHost host;
    private final Path applicationDirectory;
    private final Duration waitMax;

    SshFence(SshHost host, Path applicationDirectory, Duration waitMax) {
        this.host = host;
        this.applicationDirectory = applicationDirectory;
        this.waitMax = waitMax;
    }

    @Override
    public Fence waiting(Duration atMost) {
        return new SshFence(host, applicationDirectory, atMost);
    }

    @Override
    public Held hold(FenceToken token) throws IOException, FencedException {
        while (true) {
            String seen = seen();
            if (!seen.isEmpty()) {
                FenceToken.parse(seen, file()).admit(token, applicationDirectory);
            }
            if (seen.equals(token.line().strip()) || replace(seen, token)) {
                return new SshHeld(host, this, token);
            }
        }
    }

    @Override
    public Held claim(UUID installationId) throws IOException {
        while (true) {
            String seen = seen();
            FenceToken last = seen.isEmpty() ? null : FenceToken.parse(seen, file());
            if (last != null && last.installationId().equals(installationId)) {
                return new SshHeld(host, this, last);
            }
            FenceToken claimed = FenceToken.claimed(installationId);
            if (replace(seen, claimed)) {
                return new SshHeld(host, this, claimed);
            }
        }
    }

    @Override
    public Optional<FenceToken> last() throws IOException {
        String seen = seen();
        return seen.isEmpty() ? Optional.empty() : Optional.of(FenceToken.parse(seen, file()));
    }

    @Override
    public Path incoming() {
        return applicationDirectory.resolve(StateDirectory.INCOMING);
    }

    @Override
    public Path bring(Content content, String sha256, long sizeBytes, LongConsumer brought) throws IOException {
        StateDirectory.existing(host, applicationDirectory);
        Path file = incoming().resolve(sha256);
        require(host.script(script(LOCK + """
                set -e
                if [ ! -d .uplift/incoming ] || [ -L .uplift/incoming ]; then mkdir .uplift/incoming; sync .uplift; fi
                """), QUICK));
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
        return file;
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
        all[0] = applicationDirectory.toString();
        all[1] = Long.toString(waitMax.toSeconds());
        all[2] = token.line().strip();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        SshConnection.Ended ended = host.script(ShellScript.of(LOCK + COMPARE + body, all), timeout.plus(waitMax));
        if (ended.exitCode() == FENCED) {
            throw new FencedException(
                    "a newer command has been at " + applicationDirectory + "; this one is of epoch " + token.epoch());
        }
        refuse(ended.exitCode());
        return ended;
    }

    /** The line of the token that is there; empty if there is none. It is compared again under the lock. */
    private String seen() throws IOException {
        if (StateDirectory.existing(host, applicationDirectory).isEmpty()) {
            return "";
        }
        try {
            return new String(host.files().read(file(), TOKEN_BYTES_MAX), StandardCharsets.US_ASCII).strip();
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    private boolean replace(String seen, FenceToken token) throws IOException {
        SshConnection.Ended ended =
                host.script(script(LOCK + WRITE_TOKEN, seen, token.line().strip()), QUICK.plus(waitMax));
        return ended.exitCode() != CHANGED && require(ended).exitCode() == 0;
    }

    private ShellScript script(String body, String... arguments) {
        String[] all = new String[arguments.length + 2];
        all[0] = applicationDirectory.toString();
        all[1] = Long.toString(waitMax.toSeconds());
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return ShellScript.of(body, all);
    }

    private SshConnection.Ended require(SshConnection.Ended ended) throws IOException {
        refuse(ended.exitCode());
        if (ended.exitCode() != 0) {
            throw SshFiles.failure(file(), ended.errors());
        }
        return ended;
    }

    private void refuse(int exitCode) throws IOException {
        @Nullable
        IOException refused = switch (exitCode) {
            case NOT_AS_REGISTERED ->
                new UnexpectedPathException(
                        applicationDirectory + " is not a directory, or is reached through a symbolic link, by now");
            case OTHER_OWNER ->
                new UnexpectedPathException(applicationDirectory.resolve(StateDirectory.NAME)
                        + " is a link or belongs to another user than the one that is logged in");
            case BUSY ->
                new FenceBusyException("another command has worked on " + applicationDirectory + " for more than "
                        + waitMax.toSeconds() + " s");
            default -> null;
        };
        if (refused != null) {
            throw refused;
        }
    }

    private Path file() {
        return applicationDirectory.resolve(StateDirectory.NAME).resolve("fence");
    }
}
