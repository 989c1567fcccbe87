/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.DockerException;
import dev.uplift.docker.DockerLostException;
import dev.uplift.docker.DockerRefusedException;
import dev.uplift.docker.DockerUnreachableException;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.FencedException;
import dev.uplift.host.HostKeyRefusedException;
import dev.uplift.host.HostLostException;
import dev.uplift.host.SecretUnavailableException;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.host.WrongContentException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

class StepFailuresTest {
    private static final ErrorCode OTHERWISE = ErrorCode.RESTORE_FAILED;
    private static final boolean RETRYABLE = true;
    private static final boolean REFUSED = false;

    private final StepFailures failures = new StepFailures(OTHERWISE, "the service's disk");

    /** Every row: the exception, its code, whether it may pass by itself, and what the operator reads. */
    static Stream<Arguments> table() {
        return Stream.of(
                arguments(new FencedException("newer"), ErrorCode.FENCED, REFUSED, "newer"),
                arguments(new FenceBusyException("busy for 20 s"), ErrorCode.INTERNAL, RETRYABLE, "busy for 20 s"),
                arguments(new HostLostException("lost"), ErrorCode.HOST_UNREACHABLE, RETRYABLE, "lost"),
                arguments(new DockerLostException("lost", null), ErrorCode.HOST_UNREACHABLE, RETRYABLE, "lost"),
                arguments(
                        new DockerLostException("it broke (No space left on device)", null),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "the service's disk refused: it broke (No space left on device); free some room or repair it"),
                arguments(
                        new IOException("gone", StepFailure.refused(ErrorCode.HOST_UNEXPECTED, "no container a")),
                        ErrorCode.HOST_UNEXPECTED,
                        REFUSED,
                        "no container a"),
                arguments(new DockerUnreachableException("no", null), ErrorCode.HOST_UNREACHABLE, RETRYABLE, "no"),
                arguments(new HostKeyRefusedException("key"), ErrorCode.HOST_UNEXPECTED, REFUSED, "key"),
                arguments(new SecretUnavailableException("secret"), ErrorCode.HOST_UNEXPECTED, REFUSED, "secret"),
                arguments(new UnexpectedPathException("a link"), ErrorCode.HOST_UNEXPECTED, REFUSED, "a link"),
                arguments(
                        new AccessDeniedException("/a"),
                        ErrorCode.HOST_UNEXPECTED,
                        REFUSED,
                        "/a: permission denied; give the user that Uplift works as there the right"),
                arguments(
                        new NoSuchFileException("/a"),
                        ErrorCode.HOST_UNEXPECTED,
                        RETRYABLE,
                        "/a does not exist; find out who changed it"),
                arguments(
                        new FileAlreadyExistsException("/a"),
                        ErrorCode.HOST_UNEXPECTED,
                        RETRYABLE,
                        "/a exists already; find out who changed it"),
                arguments(
                        new NotDirectoryException("/a"),
                        ErrorCode.HOST_UNEXPECTED,
                        RETRYABLE,
                        "/a is not a directory; find out who changed it"),
                arguments(
                        new DirectoryNotEmptyException("/a"),
                        ErrorCode.HOST_UNEXPECTED,
                        RETRYABLE,
                        "/a is not empty; find out who changed it"),
                arguments(
                        new NotLinkException("/a"),
                        ErrorCode.HOST_UNEXPECTED,
                        RETRYABLE,
                        "/a is not a link; find out who changed it"),
                arguments(
                        new FileSystemException("/a", null, "No space left on device"),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "the disk refused: /a: No space left on device; free some room or repair it"),
                arguments(
                        new FileSystemException("/a", null, "Read-only file system"),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "the disk refused: /a: Read-only file system; free some room or repair it"),
                arguments(
                        new IOException("Disk quota exceeded"),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "the service's disk refused: Disk quota exceeded; free some room or repair it"),
                arguments(
                        new DockerRefusedException(500, "write /x: no space left: No space left on device"),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "the service's disk refused: write /x: no space left: No space left on device; free some room"
                                + " or repair it"),
                arguments(
                        new UncheckedIOException(new IOException("Input/output error")),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "the service's disk refused: Input/output error; free some room or repair it"),
                arguments(
                        new FileSystemException("/a", null, "Failure"),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "/a: Failure"),
                arguments(
                        new DockerRefusedException(409, "in the way"),
                        ErrorCode.HOST_UNEXPECTED,
                        RETRYABLE,
                        "in the way"),
                arguments(new DockerException("odd"), ErrorCode.HOST_UNEXPECTED, RETRYABLE, "odd"),
                arguments(
                        new WrongContentException("another hash"),
                        OTHERWISE,
                        RETRYABLE,
                        "WrongContentException: another hash"),
                arguments(new IOException("cut off"), OTHERWISE, RETRYABLE, "cut off"),
                arguments(
                        new UnknownHostException("db.example"),
                        OTHERWISE,
                        RETRYABLE,
                        "UnknownHostException: db.example"),
                arguments(
                        new SQLException("full", "53100"),
                        ErrorCode.HOST_STORAGE,
                        RETRYABLE,
                        "the database says: full; free room on the server's disk"),
                arguments(
                        new SQLException("in use", "55006"),
                        ErrorCode.STILL_RUNNING,
                        RETRYABLE,
                        "the database says: in use"),
                arguments(
                        new SQLException("no right", "42501"),
                        ErrorCode.DATABASE_UNAVAILABLE,
                        REFUSED,
                        "the database says: no right"),
                arguments(
                        new SQLException("gone", "08006"),
                        ErrorCode.DATABASE_UNAVAILABLE,
                        RETRYABLE,
                        "the database says: gone"),
                arguments(
                        new SQLException("too many", "53300"),
                        ErrorCode.DATABASE_UNAVAILABLE,
                        RETRYABLE,
                        "the database says: too many"),
                arguments(
                        new SQLException("stopping", "57P01"),
                        ErrorCode.DATABASE_UNAVAILABLE,
                        RETRYABLE,
                        "the database says: stopping"),
                arguments(new SQLException("odd", "XX000"), OTHERWISE, RETRYABLE, "the database says: odd"),
                arguments(new SQLException("no table t"), OTHERWISE, RETRYABLE, "the database says: no table t"),
                arguments(
                        StepFailure.refused(ErrorCode.INVALID, "no profile"),
                        ErrorCode.INVALID,
                        REFUSED,
                        "no profile"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("table")
    void eachCauseHasOneCode(Exception cause, ErrorCode code, boolean retryable, String detail) throws Exception {
        StepFailure failure = failures.of(cause);

        assertThat(failure.outcome().code()).isEqualTo(code);
        assertThat(failure.outcome().retryable()).isEqualTo(retryable);
        assertThat(failure.outcome().detail()).isEqualTo(detail);
    }

    @Test
    void whatCannotBeExpectedIsThrown() {
        for (Exception defect : List.of(
                new StepCancelledException(), new InterruptedException(), new IllegalStateException("a defect"))) {
            assertThatThrownBy(() -> failures.of(defect)).isSameAs(defect);
        }
    }

    @Test
    void theDetailOfTheServerMayQuoteRowsAndIsNotPassedOn() {
        SQLException refusal =
                new PSQLException(new ServerErrorMessage("SERROR\0C23505\0Mduplicate key\0DKey (mail)=(a@b)\0"));

        assertThat(failures.of(refusal).detail()).isEqualTo("the database says: duplicate key");
    }

    /** A step that is answered as failed is not begun again after the restart, and may have had its data given up. */
    @Test
    void theEndOfTheProcessIsNoFaultOfAStep() {
        for (IOException end : List.of(
                new ClosedByInterruptException(),
                new InterruptedIOException("told to end"),
                new IOException("copying", new ClosedByInterruptException()))) {
            assertThatThrownBy(() -> failures.of((Exception) end)).isSameAs(end);
            assertThatThrownBy(() -> failures.of(end)).isInstanceOf(UncheckedIOException.class);
        }
        assertThat(failures.of(new SocketTimeoutException("slow")).isRetryable())
                .isTrue();
    }

    @Test
    void whoeverIsInterruptedTellsOfNoFault() {
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> failures.of((Exception) new IOException("read")))
                    .hasMessage("read");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
