/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;

/** Being behind the fence of an application on this machine, where nobody else is until this is closed. */
final class LocalHeld implements Fence.Held {
    private final Flock lock;

    LocalHeld(Flock lock) {
        this.lock = lock;
    }

    @Override
    public void write(Path file, byte[] content, Set<PosixFilePermission> mode) throws IOException {
        DurableFiles.write(file, content, mode);
    }

    @Override
    public void createDirectory(Path directory, Set<PosixFilePermission> mode) throws IOException {
        DurableFiles.createDirectory(directory, mode);
    }

    @Override
    public void moveInto(Path from, Path to) throws IOException {
        DurableFiles.moveInto(from, to);
    }

    @Override
    public void replaceLink(Path link, Path target) throws IOException {
        DurableFiles.replaceLink(link, target);
    }

    @Override
    public void hardLink(Path link, Path existing) throws IOException {
        DurableFiles.hardLink(link, existing);
    }

    @Override
    public void settle(Path file) throws IOException {
        DurableFiles.settle(file);
    }

    @Override
    public void setMode(Path path, Set<PosixFilePermission> mode) throws IOException {
        DurableFiles.setMode(path, mode);
    }

    @Override
    public void setOwner(Path path, long uid, long gid) throws IOException {
        LocalFiles.chown(path, uid, gid);
        DurableFiles.force(path);
    }

    @Override
    public void delete(Path path) throws IOException {
        DurableFiles.delete(path);
    }

    @Override
    public void copyTree(Path from, Path to) throws IOException {
        FileTree.copy(from, to);
    }

    @Override
    public void replaceTree(Path kept, Path place) throws IOException {
        FileTree.replace(kept, place);
    }

    @Override
    public boolean signal(ProcessIdentity process, Signal signal) {
        return LocalProcesses.signal(process, signal);
    }

    @Override
    public Optional<RunningProcess> start(Launch launch) throws IOException, InterruptedException {
        return DetachedStart.start(launch);
    }

    @Override
    public Exec.Result run(Exec command) throws IOException, InterruptedException {
        return command.run();
    }

    /** It is locked as it is. */
    @Override
    public Fence.Locked lock() {
        return () -> {};
    }

    @Override
    public void close() {
        lock.close();
    }
}
