/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import dev.uplift.contract.StepCommand;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets only the newest command touch an application, however late an older one wakes up or arrives.
 *
 * <p>A lease ends while its holder is paused; so the number is checked on the application's host, under a
 * lock that is held for as long as an effect takes. The highest token is in {@code .uplift/fence},
 * fsynced; the lock, {@code flock}'s, is on {@code .uplift/fence.lock}, which is never replaced. A process that
 * dies gives the lock free. It is the same fence through whatever kind of {@link Host} it is reached.
 */
public interface Fence {

    /** The same fence with another wait for somebody who is behind it; it is 20 s by default. */
    Fence waiting(Duration atMost);

    /**
     * Goes behind the fence. The token is on the disk when this returns. The same token may go in again.
     *
     * @throws FencedException if a greater token has been here, or the directory belongs to another installation
     * @throws FenceBusyException if somebody else was here for the whole wait
     */
    Held hold(FenceToken token) throws IOException, FencedException;

    /** {@link #hold(FenceToken)} for one run of a command. */
    default Held hold(StepCommand command, int delivery) throws IOException, FencedException {
        return hold(FenceToken.of(command, delivery));
    }

    /**
     * Gives the directory to an installation: commands for any other are refused from now on. Its own
     * tokens are kept, so that registering twice opens nothing.
     *
     * @param from whose the directory may be, besides nobody's and its own; absent: nobody else's
     * @return behind the fence, with whatever token was last here
     * @throws FencedException if the directory is another installation's: it stays so
     */
    Held claim(UUID installationId, @Nullable UUID from) throws IOException, FencedException;

    /** The highest token so far; empty if nobody has been here. */
    Optional<FenceToken> last() throws IOException;

    /**
     * Brings a file to the host, beside the application and under a name that nothing uses, so that it
     * can be {@linkplain Held#moveInto put in its place} in one step. Nobody is kept waiting by it. What
     * an upload that was cut off has left is gone on with. The same content is brought once.
     *
     * @param content is read from the offset that is missing
     * @param sha256 of the whole content: the answer has it, read back on the host
     * @param brought is told how many bytes are there
     * @return where it is: in {@link #incoming()}, only readable by its owner
     * @throws WrongContentException if what {@code content} gave has another hash or size; nothing is left of it
     */
    Path bring(Content content, String sha256, long sizeBytes, LongConsumer brought) throws IOException;

    /**
     * Like {@link #bring(Content, String, long, LongConsumer)}, but to a name of the caller's choice, on the disk
     * where the file is to be in the end.
     *
     * @param file in a directory that exists and only its owner may look into. Another run of a command takes
     *     another name: one that was given up may go on writing for a while
     */
    void bring(Path file, Content content, String sha256, long sizeBytes, LongConsumer brought) throws IOException;

    /** Where files are that were brought and not yet put in their place. It need not exist. */
    Path incoming();

    /** A file's content, from wherever. */
    @FunctionalInterface
    interface Content {
        /** From this offset to its end; the receiver closes it. */
        InputStream from(long offset) throws IOException;
    }

    /**
     * Being behind the fence: all that may be done to an application. Every method fails with
     * {@link FencedException} if a newer command has come in meanwhile; then it has done nothing. What
     * returns normally is on the disk. A failure in the middle leaves nothing half done under the names
     * that are given, and the same may be done again. No link is followed in the last part of a path.
     */
    interface Held extends AutoCloseable {
        /** Makes {@code file} hold exactly {@code content}, with this mode, or leaves it as it was. */
        void write(Path file, byte[] content, Set<PosixFilePermission> mode) throws IOException, FencedException;

        /**
         * Makes sure that there is a directory with this mode. Its parent has to exist.
         *
         * @throws UnexpectedPathException if something else has the name, a symbolic link included
         */
        void createDirectory(Path directory, Set<PosixFilePermission> mode) throws IOException, FencedException;

        /** Renames {@code from}, on the same disk, replacing a file that is at {@code to}, in one step. */
        void moveInto(Path from, Path to) throws IOException, FencedException;

        /** Makes {@code link} a symbolic link to {@code target}, replacing in one step what has that name. */
        void replaceLink(Path link, Path target) throws IOException, FencedException;

        /** Gives a file a second name, replacing in one step what has it. */
        void hardLink(Path link, Path existing) throws IOException, FencedException;

        /** Makes sure that a file and its name are on the disk, whoever wrote it. */
        void settle(Path file) throws IOException, FencedException;

        /** Sets the mode of a file or directory. */
        void setMode(Path path, Set<PosixFilePermission> mode) throws IOException, FencedException;

        /** Gives a file or directory to a user. Does nothing where this is not done as root. */
        void setOwner(Path path, long uid, long gid) throws IOException, FencedException;

        /** Deletes a file, a link or a whole directory. Does nothing if there is none. */
        void delete(Path path) throws IOException, FencedException;

        /** Makes {@code to}, which must not exist, a copy of a directory with owners, modes and times. */
        void copyTree(Path from, Path to) throws IOException, FencedException;

        /**
         * Makes the directory {@code place} a copy of {@code kept}, which stays. Cut off in the middle,
         * {@code place} may be missing: doing it again finishes it.
         */
        void replaceTree(Path kept, Path place) throws IOException, FencedException;

        /**
         * Sends a signal to this very process; to nobody if it has ended, even if its pid is used again.
         *
         * @return whether it was sent
         */
        boolean signal(ProcessIdentity process, Signal signal) throws IOException, FencedException;

        /**
         * Starts an application so that it outlives everybody who is involved: a session of its own, no
         * terminal, exactly its argv, environment, directory and user, its output appended to its log file.
         * The caller has made sure that it does not run yet.
         *
         * @return the process; empty if it had ended before it could be seen, then its log says why
         * @throws IOException if it cannot be started at all: no such program or directory, a log file
         *     that is a symbolic link, another user than this may become
         */
        Optional<RunningProcess> start(Launch launch) throws IOException, InterruptedException, FencedException;

        /**
         * Keeps everybody else from coming in until it is closed. For effects on what is not on the host and cannot
         * ask the fence itself, such as a database server or a Docker Engine; nothing else of this may be called
         * meanwhile. It is free again when the host sees that this process, or the connection to it, is gone.
         *
         * @throws FenceBusyException if an effect of somebody else lasted for the whole wait
         */
        Locked lock() throws IOException, FencedException;

        /** Runs a command to its end, like {@link Host#run}, that may change something. */
        Exec.Result run(Exec command) throws IOException, InterruptedException, FencedException;

        @Override
        void close() throws IOException;
    }

    /** Nobody else is behind the fence until this is closed. */
    interface Locked extends AutoCloseable {
        @Override
        void close() throws IOException;
    }
}
