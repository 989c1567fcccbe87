package dev.uplift.backup.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.DockerLostException;
import dev.uplift.docker.DockerUnreachableException;
import dev.uplift.host.DiskSpace;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.HostKeyRefusedException;
import dev.uplift.host.HostLostException;
import dev.uplift.host.SecretUnavailableException;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.messaging.worker.StepOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what went wrong into what is reported. */
public final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /**
     * Runs a step.
     *
     * @param fallback the code of failures that have no better one
     * @throws Exception a cancellation, an interruption, or a defect
     */
    public static StepOutcome outcome(ErrorCode fallback, Callable<StepOutcome> step) throws Exception {
        try {
            return step.call();
        } catch (StepFailedException e) {
            LOG.debug("the step failed", e);
            return e.outcome();
        } catch (SQLException e) {
            LOG.warn("the database refused", e);
            return of(fallback, e).outcome();
        } catch (IOException e) {
            LOG.warn("a file or a program failed", e);
            return of(fallback, e).outcome();
        } catch (UncheckedIOException e) {
            LOG.warn("a file or a program failed", e);
            return of(fallback, Objects.requireNonNull(e.getCause())).outcome();
        }
    }

    static StepFailedException of(ErrorCode fallback, SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String message = "the database says: " + message(e);
        return switch (state) {
            case "53100" ->
                StepFailedException.failed(ErrorCode.HOST_STORAGE, message + "; free room on the server's disk", e);
            case "55006" -> StepFailedException.failed(ErrorCode.STILL_RUNNING, message, e);
            case "42501" -> StepFailedException.refused(ErrorCode.DATABASE_UNAVAILABLE, message, e);
            default ->
                isOfTheServer(e)
                        ? StepFailedException.failed(ErrorCode.DATABASE_UNAVAILABLE, message, e)
                        : StepFailedException.failed(fallback, message, e);
        };
    }

    /** Whether the server or the connection to it is at fault, and not what a database holds. */
    public static boolean isOfTheServer(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("08") || state.startsWith("53") || state.startsWith("57P");
    }

    /** What the server says. Its detail may quote rows: only its message is passed on. */
    public static String message(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        return String.valueOf(server == null ? e.getMessage() : server.getMessage());
    }

    /** What is reported of a file, a program or a way that failed. */
    public static StepFailedException of(ErrorCode fallback, IOException e) {
        String message = String.valueOf(e.getMessage());
        if (DiskSpace.isDiskFault(message)) {
            return StepFailedException.failed(
                    ErrorCode.HOST_STORAGE, "the disk refused: " + message + "; free some room or repair it", e);
        }
        return switch (e) {
            case FenceBusyException busy ->
                StepFailedException.failed(ErrorCode.INTERNAL, String.valueOf(busy.getMessage()), busy);
            case HostLostException lost -> StepFailedException.failed(ErrorCode.HOST_UNREACHABLE, message, lost);
            case DockerLostException lost -> StepFailedException.failed(ErrorCode.HOST_UNREACHABLE, message, lost);
            case DockerUnreachableException lost ->
                StepFailedException.failed(ErrorCode.HOST_UNREACHABLE, message, lost);
            case HostKeyRefusedException key -> StepFailedException.refused(ErrorCode.HOST_UNEXPECTED, message, key);
            case SecretUnavailableException secret ->
                StepFailedException.refused(ErrorCode.HOST_UNEXPECTED, message, secret);
            case UnexpectedPathException path -> StepFailedException.refused(ErrorCode.HOST_UNEXPECTED, message, path);
            case AccessDeniedException denied ->
                StepFailedException.refused(
                        ErrorCode.HOST_UNEXPECTED, "this service may not use " + denied.getFile(), denied);
            default -> StepFailedException.failed(fallback, e.getClass().getSimpleName() + ": " + message, e);
        };
    }
}
