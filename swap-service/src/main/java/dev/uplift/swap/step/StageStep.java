package dev.uplift.swap.step;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.DurableFiles;
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

    /** The long download happens outside of the fence, under a name that no other run has. */
    private static void stage(StepWork work, ProcessNode node, Artifact artifact) throws Exception {
        Layout layout = node.layout();
        DurableFiles.createDirectory(layout.releases(), DurableFiles.READABLE_DIRECTORY);
        Path download = layout.releases()
                .resolve("." + artifact.sha256() + "." + work.command().commandId() + "."
                        + work.run().delivery() + DurableFiles.TEMPORARY_SUFFIX);
        try {
            DurableFiles.Digested digested = download(work, artifact, download);
            if (!digested.sha256().equals(artifact.sha256())) {
                throw StepFailedException.retryable(
                        ErrorCode.ARTIFACT_WRONG,
                        "what " + artifact.location() + " sent has SHA-256 " + digested.sha256() + ", expected is "
                                + artifact.sha256());
            }
            work.take(node, SwapEffect.STAGE_RELEASE, () -> {
                DurableFiles.moveInto(download, layout.createRelease(artifact.sha256()));
                layout.deleteUnfinished();
                return digested;
            });
        } finally {
            DurableFiles.delete(download);
        }
    }

    private static DurableFiles.Digested download(StepWork work, Artifact artifact, Path to)
            throws IOException, StepFailedException {
        String scheme = String.valueOf(artifact.location().getScheme());
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw StepFailedException.refused(
                    ErrorCode.ARTIFACT_ADDRESS_REFUSED, "artifacts come over http or https, not " + scheme);
        }
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) artifact.location().toURL().openConnection(Proxy.NO_PROXY);
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
            connection.setReadTimeout((int) READ_TIMEOUT.toMillis());
            try (InputStream in = body(connection)) {
                return DurableFiles.copy(in, to, artifact.sizeBytes(), DurableFiles.READABLE, bytes -> {
                    work.run().checkCancelled();
                    work.run().progress(Progress.of("staging", Progress.Unit.BYTES, bytes, artifact.sizeBytes()));
                });
            } finally {
                connection.disconnect();
            }
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw StepFailedException.retryable(
                    ErrorCode.ARTIFACT_UNAVAILABLE,
                    artifact.location() + " cannot be read: "
                            + String.valueOf(e.getMessage()).replaceAll("\\p{Cntrl}", " "));
        }
    }

    private static InputStream body(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status != HttpURLConnection.HTTP_OK) {
            throw new IOException("HTTP " + status);
        }
        return connection.getInputStream();
    }
}
