/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.Fence;
import dev.uplift.host.HostLostException;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.host.WrongContentException;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.worker.ByteProgress;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;

/** Brings an artifact from where the fleet keeps it to a node's host. */
final class Staging {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

    /** A service that is being started again is no reason to give an upgrade up. */
    private static final Duration SERVICE_WAIT = Duration.ofSeconds(60);

    private static final Duration SERVICE_POLL = Duration.ofMillis(500);

    private Staging() {}

    /**
     * Brings it, verified, beside the application; what a transfer that was cut off has left is gone on with.
     * A service that does not answer is waited for, for a minute.
     *
     * @throws StepFailure if it cannot be had, or what comes is something else
     */
    static Path bring(NodeWork work, Fence fence, Artifact artifact) throws IOException {
        String scheme = String.valueOf(artifact.location().getScheme());
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw StepFailure.refused(
                    ErrorCode.ARTIFACT_ADDRESS_REFUSED, "artifacts come over http or https, not " + scheme);
        }
        try {
            return fence.bring(
                    offset -> await(work, artifact, offset),
                    artifact.sha256(),
                    artifact.sizeBytes(),
                    ByteProgress.of(work.run(), "staging", artifact.sizeBytes()));
        } catch (WrongContentException e) {
            throw StepFailure.retryable(
                    ErrorCode.ARTIFACT_WRONG, artifact.location() + " does not send the artifact: " + e.getMessage());
        } catch (FileSystemException | UnexpectedPathException | HostLostException e) {
            throw e;
        } catch (IOException e) {
            throw StepFailure.retryable(
                    ErrorCode.ARTIFACT_UNAVAILABLE,
                    artifact.location() + " cannot be read: "
                            + String.valueOf(e.getMessage()).replaceAll("\\p{Cntrl}", " "));
        }
    }

    private static InputStream await(NodeWork work, Artifact artifact, long offset) throws IOException {
        Deadline deadline = Deadline.in(SERVICE_WAIT);
        while (true) {
            try {
                return content(artifact, offset);
            } catch (SocketException | SocketTimeoutException e) {
                if (deadline.passed()) {
                    throw e;
                }
                work.run().checkCancelled();
                work.run().progress(Progress.of("waiting for the artifact-service"));
                pause();
            }
        }
    }

    private static void pause() throws InterruptedIOException {
        try {
            // Nobody tells when the service is back.
            Thread.sleep(SERVICE_POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the artifact-service");
        }
    }

    private static InputStream content(Artifact artifact, long offset) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) artifact.location().toURL().openConnection(Proxy.NO_PROXY);
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
        connection.setReadTimeout((int) READ_TIMEOUT.toMillis());
        int status = connection.getResponseCode();
        if (status != HttpURLConnection.HTTP_OK) {
            connection.disconnect();
            throw new IOException("HTTP " + status);
        }
        InputStream body = connection.getInputStream();
        body.skipNBytes(offset);
        return body;
    }
}
