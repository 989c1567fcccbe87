package dev.uplift.swap.step;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.HostLostException;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.host.WrongContentException;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Layout;
import dev.uplift.swap.node.ProcessNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;

/** Puts the artifact beside the application of each node, under its hash, where nothing uses it yet. */
final class StageStep implements SwapStep {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

    @Override
    public StepOutcome take(StepWork work) throws Exception {
        Artifact artifact = work.command().artifact();
        if (artifact == null) {
            throw StepFailedException.refused(ErrorCode.INVALID, "the command names no artifact to stage");
        }
        for (ProcessNode node : work.nodes()) {
            if (!node.layout().holds(artifact.sha256())) {
                stage(work, node, artifact);
            }
        }
        return StepOutcome.done();
    }

    /** The long transfer happens outside of the fence. */
    private static void stage(StepWork work, ProcessNode node, Artifact artifact) throws Exception {
        Layout layout = node.layout();
        Path brought = bring(work, node, artifact);
        work.take(node, SwapEffect.STAGE_RELEASE, held -> {
            held.setMode(brought, DurableFiles.READABLE);
            held.moveInto(brought, layout.createRelease(held, artifact.sha256()));
            return brought;
        });
    }

    private static Path bring(StepWork work, ProcessNode node, Artifact artifact)
            throws IOException, StepFailedException {
        String scheme = String.valueOf(artifact.location().getScheme());
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw StepFailedException.refused(
                    ErrorCode.ARTIFACT_ADDRESS_REFUSED, "artifacts come over http or https, not " + scheme);
        }
        try {
            return node.fence()
                    .bring(offset -> content(artifact, offset), artifact.sha256(), artifact.sizeBytes(), bytes -> {
                        work.run().checkCancelled();
                        work.run().progress(Progress.of("staging", Progress.Unit.BYTES, bytes, artifact.sizeBytes()));
                    });
        } catch (WrongContentException e) {
            throw StepFailedException.retryable(
                    ErrorCode.ARTIFACT_WRONG, artifact.location() + " does not send the artifact: " + e.getMessage());
        } catch (FileSystemException | UnexpectedPathException | HostLostException e) {
            throw e;
        } catch (IOException e) {
            throw StepFailedException.retryable(
                    ErrorCode.ARTIFACT_UNAVAILABLE,
                    artifact.location() + " cannot be read: "
                            + String.valueOf(e.getMessage()).replaceAll("\\p{Cntrl}", " "));
        }
    }

    private static InputStream content(Artifact artifact, long offset) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) artifact.location().toURL().openConnection(Proxy.NO_PROXY);
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
        connection.setReadTimeout((int) READ_TIMEOUT.toMillis());
        InputStream body = body(connection);
        body.skipNBytes(offset);
        return body;
    }

    private static InputStream body(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status != HttpURLConnection.HTTP_OK) {
            throw new IOException("HTTP " + status);
        }
        return connection.getInputStream();
    }
}
