/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.DockerException;
import dev.uplift.docker.DockerLostException;
import dev.uplift.docker.DockerUnreachableException;
import dev.uplift.host.DiskSpace;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.FencedException;
import dev.uplift.host.HostKeyRefusedException;
import dev.uplift.host.HostLostException;
import dev.uplift.host.SecretUnavailableException;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.messaging.OneLine;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.sql.SQLException;
import java.util.Objects;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * The one table from what went wrong to what is answered: an error code, whether the same command may succeed later,
 * and what to do. One cause has one code in all services.
 *
 * <p>Only the two parameters differ: a read that fails means something else in a backup than in a start.
 *
 * @param otherwise the code of an {@link IOException} or {@link SQLException} that the table does not know; retryable
 * @param disk whose disk it is where an exception names no file, such as {@code the artifact-service's disk}
 */
public record StepFailures(ErrorCode otherwise, String disk) {
    private static final int CAUSES_MAX = 20;

    /** Where it can be any disk, of a host or of the service. */
    public static StepFailures otherwise(ErrorCode code) {
        return new StepFailures(code, "a disk");
    }

    /**
     * What is answered.
     *
     * @throws Exception {@code problem} itself if it is none that can be expected: a cancellation, an interruption, or a
     *     defect
     */
    public StepFailure of(Exception problem) throws Exception {
        if (isInterruption(problem)) {
            throw problem;
        }
        return switch (problem) {
            case StepFailure failure -> failure;
            case FencedException fenced -> StepFailure.refused(ErrorCode.FENCED, message(fenced), fenced);
            case IOException io -> of(io);
            case UncheckedIOException wrapped -> of(Objects.requireNonNull(wrapped.getCause()));
            case SQLException sql -> of(sql);
            default -> throw problem;
        };
    }

    /**
     * Of a file, a program, or the way to a host.
     *
     * @throws UncheckedIOException of {@code e} if it is only that the step's thread is told to end: that says nothing of
     *     what the step was about
     */
    public StepFailure of(IOException e) {
        if (isInterruption(e)) {
            throw new UncheckedIOException(e);
        }
        return switch (e) {
            // What was looked for, by whoever may throw nothing else.
            case IOException look when look.getCause() instanceof StepFailure failure -> failure;
            // Somebody else is at work there, for now.
            case FenceBusyException busy -> StepFailure.retryable(ErrorCode.INTERNAL, message(busy), busy);
            // Seen by whoever asked for a file in the middle of an answer, and told as a lost connection.
            case IOException full
            when DiskSpace.isDiskFault(message(full)) ->
                StepFailure.retryable(
                        ErrorCode.HOST_STORAGE,
                        (full instanceof FileSystemException ? "the disk" : disk) + " refused: " + message(full)
                                + "; free some room or repair it",
                        full);
            case HostLostException lost -> StepFailure.retryable(ErrorCode.HOST_UNREACHABLE, message(lost), lost);
            case DockerLostException lost -> StepFailure.retryable(ErrorCode.HOST_UNREACHABLE, message(lost), lost);
            case DockerUnreachableException lost ->
                StepFailure.retryable(ErrorCode.HOST_UNREACHABLE, message(lost), lost);
            case HostKeyRefusedException key -> StepFailure.refused(ErrorCode.HOST_UNEXPECTED, message(key), key);
            case SecretUnavailableException secret ->
                StepFailure.refused(ErrorCode.HOST_UNEXPECTED, message(secret), secret);
            case UnexpectedPathException path -> StepFailure.refused(ErrorCode.HOST_UNEXPECTED, message(path), path);
            case DockerException docker -> StepFailure.retryable(ErrorCode.HOST_UNEXPECTED, message(docker), docker);
            // A right does not come back by itself: to try again only prolongs an outage.
            case AccessDeniedException denied ->
                StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        denied.getFile() + ": permission denied; give the user that Uplift works as there the right",
                        denied);
            // Somebody has changed it between two looks: the next try looks again.
            case NoSuchFileException path -> changed(path, "does not exist");
            case FileAlreadyExistsException path -> changed(path, "exists already");
            case NotDirectoryException path -> changed(path, "is not a directory");
            case DirectoryNotEmptyException path -> changed(path, "is not empty");
            case NotLinkException path -> changed(path, "is not a link");
            // Over SFTP a full disk is just a failure.
            case FileSystemException file ->
                StepFailure.retryable(
                        ErrorCode.HOST_STORAGE,
                        file.getFile() + ": "
                                + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason()),
                        file);
            // What another kind says need not be a sentence: that of an unknown host is its name.
            default ->
                StepFailure.retryable(
                        otherwise, e.getClass().equals(IOException.class) ? message(e) : OneLine.of(e), e);
        };
    }

    /** A service that stops interrupts its steps. Files and channels then tell of faults that are none. */
    private static boolean isInterruption(Throwable problem) {
        if (Thread.currentThread().isInterrupted()) {
            return true;
        }
        Throwable cause = problem;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (cause instanceof InterruptedException
                    || cause instanceof ClosedByInterruptException
                    // Time-outs of several libraries are kinds of it.
                    || cause.getClass().equals(InterruptedIOException.class)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    /** Of an application's database. */
    public StepFailure of(SQLException e) {
        String message = "the database says: " + message(e);
        return switch (String.valueOf(e.getSQLState())) {
            case "53100" ->
                StepFailure.retryable(ErrorCode.HOST_STORAGE, message + "; free room on the server's disk", e);
            case "55006" -> StepFailure.retryable(ErrorCode.STILL_RUNNING, message, e);
            case "42501" -> StepFailure.refused(ErrorCode.DATABASE_UNAVAILABLE, message, e);
            default -> StepFailure.retryable(isOfServer(e) ? ErrorCode.DATABASE_UNAVAILABLE : otherwise, message, e);
        };
    }

    /** Whether the server or the connection to it is at fault, and not what a database holds. */
    public static boolean isOfServer(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("08") || state.startsWith("53") || state.startsWith("57P");
    }

    /** What the server says. Its detail may quote rows: only its message is passed on. */
    public static String message(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        return String.valueOf(server == null ? e.getMessage() : server.getMessage());
    }

    private static StepFailure changed(FileSystemException e, String what) {
        return StepFailure.retryable(
                ErrorCode.HOST_UNEXPECTED, e.getFile() + " " + what + "; find out who changed it", e);
    }

    private static String message(Exception e) {
        return String.valueOf(e.getMessage());
    }
}
