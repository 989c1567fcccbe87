/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The fence of an application on this machine. Its lock is held for as long as somebody is behind it. */
final class LocalFence implements Fence {
    private final LocalHost host;
    private final FenceFiles files;
    private final Duration waitMax;

    LocalFence(LocalHost host, Path applicationDirectory, Duration waitMax) {
        this.host = host;
        this.files = new FenceFiles(host, applicationDirectory);
        this.waitMax = waitMax;
    }

    @Override
    public Fence waiting(Duration atMost) {
        return new LocalFence(host, files.applicationDirectory(), atMost);
    }

    @Override
    public Held hold(FenceToken token) throws IOException, FencedException {
        return enter(token.at(files.applicationDirectory()));
    }

    @Override
    public Held claim(UUID installationId, @Nullable UUID from) throws IOException, FencedException {
        return enter(FenceToken.claiming(installationId, from, files.applicationDirectory()));
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
        open();
        Path directory = RegisteredRoot.of(
                        host.files(), files.applicationDirectory().toString())
                .file(StateDirectory.INCOMING);
        DurableFiles.createDirectory(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
        Path file = directory.resolve(sha256);
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
                try (FileChannel channel = FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY))) {
                    channel.position(offset);
                    copy(in, Channels.newOutputStream(channel), offset);
                }
            }

            @Override
            Digested digest() throws IOException {
                DurableFiles.force(file);
                return host.files().digest(file);
            }

            @Override
            void discard() throws IOException {
                Files.deleteIfExists(file);
            }
        }.run();
    }

    private <X extends Exception> Held enter(FenceToken.Admission<X> admission) throws IOException, X {
        Flock lock = lock();
        boolean entered = false;
        try {
            Optional<FenceToken> last = files.last();
            FenceToken next = admission.next(last);
            if (!last.equals(Optional.of(next))) {
                DurableFiles.write(
                        files.token(), next.line().getBytes(StandardCharsets.US_ASCII), DurableFiles.OWNER_ONLY);
            }
            entered = true;
            return new LocalHeld(lock);
        } finally {
            if (!entered) {
                lock.close();
            }
        }
    }

    /** Makes sure that there is a state directory. */
    private void open() throws IOException {
        Path directory = RegisteredRoot.of(
                        host.files(), files.applicationDirectory().toString())
                .file(StateDirectory.NAME);
        if (host.files().exists(directory)) {
            StateDirectory.requireOwn(host, directory);
        }
        DurableFiles.createDirectory(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
    }

    private Flock lock() throws IOException {
        open();
        FileChannel.open(
                        files.lock(),
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY))
                .close();
        try {
            return Flock.acquire(files.lock(), waitMax).orElseThrow(() -> files.busy(waitMax));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FenceBusyException("interrupted while waiting at the fence of " + files.applicationDirectory());
        }
    }
}
