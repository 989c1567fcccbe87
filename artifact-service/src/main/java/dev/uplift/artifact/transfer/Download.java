/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.transfer;

import static dev.uplift.artifact.address.AddressPolicy.display;

import dev.uplift.artifact.store.SourceTable.Validators;
import dev.uplift.artifact.transfer.HttpSource.Reply;
import dev.uplift.artifact.transfer.PartialFile.Continuation;
import dev.uplift.contract.ByteCount;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.DurableFiles;
import dev.uplift.worker.Effects;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One artifact on its way into a file.
 *
 * <p>A transfer that is cut is continued, by this process or a later one, only with a strong ETag and
 * {@code If-Range}; an answer that is not a piece of the same file begins the file anew. One of one URL at
 * a time may be used.
 */
public final class Download {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final HttpSource source;
    private final TransferLimits limits;
    private final URI url;
    private final Effects effects;
    private final StepRun run;
    private final PartialFile partial;
    private boolean continued;

    /** Prepares to fetch {@code url} into {@code directory}, whose files are this class's own. */
    public Download(HttpSource source, TransferLimits limits, Path directory, URI url, Effects effects) {
        this.source = source;
        this.limits = limits;
        this.url = url;
        this.effects = effects;
        this.run = effects.run();
        this.partial = new PartialFile(directory, key(url));
    }

    /** A file name for {@code url}. */
    public static String key(URI url) {
        return HexFormat.of().formatHex(sha256().digest(url.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * The whole file, on the disk.
     *
     * @param validators of the answer that completed it
     * @param continued whether it was put together from several answers
     */
    public record Fetched(Path file, String sha256, long sizeBytes, Validators validators, boolean continued) {}

    /** What an answer says of the file, by which another answer can be compared. */
    public static Validators validators(Reply reply) {
        return new Validators(
                reply.header("ETag").orElse(null), reply.header("Last-Modified").orElse(null));
    }

    /**
     * Fetches what is missing.
     *
     * @throws StepFailure ARTIFACT_UNAVAILABLE if it cannot be had, ARTIFACT_WRONG if it is larger
     *     than allowed, ARTIFACT_ADDRESS_REFUSED, HOST_STORAGE if the disk has no room
     * @throws dev.uplift.worker.StepCancelledException if the step was cancelled
     * @throws IOException if the disk fails
     */
    public Fetched fetch() throws IOException, InterruptedException {
        Duration pause = limits.pause();
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt();
            } catch (StepFailure e) {
                if (!e.isRetryable() || attempt >= limits.attemptsMax() || e.code() == ErrorCode.HOST_STORAGE) {
                    throw e;
                }
                run.progress(Progress.of("trying again: " + e.detail()));
                run.pause(pause);
                pause = pause.multipliedBy(2);
            }
        }
    }

    /** Forgets what has come. */
    public void discard() throws IOException {
        effects.run(FetchEffect.DISCARD, partial::discard);
        continued = false;
    }

    /** Forgets how the transfer could have been continued, once its file has been taken away. */
    public void forget() throws IOException {
        partial.discard();
    }

    private Fetched attempt() throws IOException {
        Optional<Continuation> known = partial.continuation();
        Map<String, String> headers = known.map(
                        from -> Map.of("Range", "bytes=" + from.sizeBytes() + "-", "If-Range", from.etag()))
                .orElse(Map.of());
        try (Reply reply = source.ask("GET", url, headers, run::cancelled)) {
            switch (reply.status()) {
                case 200 -> {
                    return receive(reply);
                }
                case 206 -> {
                    if (known.isPresent() && isPieceOf(reply, known.get())) {
                        return append(reply, known.get());
                    }
                }
                case 416 -> {}
                default -> throw status(reply);
            }
            if (known.isEmpty()) {
                throw unavailable(reply, "answers with a part of the file that nobody asked for");
            }
        }
        discard();
        return attempt();
    }

    private Fetched receive(Reply reply) throws IOException {
        requireIdentity(reply);
        OptionalLong total = reply.length();
        requireRoom(reply, total.orElse(0), 0);
        effects.run(FetchEffect.BEGIN, () -> partial.begin(reply.header("ETag"), total));
        continued = false;
        return receive(reply, 0, total);
    }

    private Fetched append(Reply reply, Continuation from) throws IOException {
        requireIdentity(reply);
        long rest = reply.length().orElse(0);
        requireRoom(reply, from.sizeBytes() + rest, from.sizeBytes());
        continued = true;
        OptionalLong total = from.totalBytes().isPresent() || reply.length().isEmpty()
                ? from.totalBytes()
                : OptionalLong.of(from.sizeBytes() + rest);
        return receive(reply, from.sizeBytes(), total);
    }

    private Fetched receive(Reply reply, long already, OptionalLong total) throws IOException {
        return effects.call(FetchEffect.DOWNLOAD, () -> received(reply, already, total));
    }

    private Fetched received(Reply reply, long already, OptionalLong total) throws IOException {
        MessageDigest digest = sha256();
        long[] size = {already};
        try (FileChannel file = partial.append()) {
            try {
                reply.read((buffer, count) -> {
                    requireBelowMaximum(reply, size[0] + count);
                    write(file, buffer, count);
                    digest.update(buffer, 0, count);
                    size[0] += count;
                    run.progress(progress(size[0], total));
                });
            } finally {
                file.force(true);
            }
        } catch (IOException e) {
            // What cannot be written must not keep the disk full, and what was not fsynced is not believed.
            discard();
            throw e;
        }
        if (total.isPresent() && size[0] != total.getAsLong()) {
            discard();
            throw StepFailure.retryable(
                    ErrorCode.ARTIFACT_UNAVAILABLE,
                    display(url) + " has " + size[0] + " bytes, " + total.getAsLong() + " were promised");
        }
        String sha256 = continued
                ? DurableFiles.digest(partial.data()).sha256()
                : HexFormat.of().formatHex(digest.digest());
        return new Fetched(partial.data(), sha256, size[0], validators(reply), continued);
    }

    /** Whether a 206 continues exactly the file that there is a beginning of. */
    private static boolean isPieceOf(Reply reply, Continuation from) {
        Matcher range = CONTENT_RANGE.matcher(reply.header("Content-Range").orElse(""));
        if (!range.matches() || Long.parseLong(range.group(1)) != from.sizeBytes()) {
            return false;
        }
        boolean sameTotal = from.totalBytes().isEmpty()
                || range.group(3).equals("*")
                || Long.parseLong(range.group(3)) == from.totalBytes().getAsLong();
        return sameTotal && reply.header("ETag").filter(from.etag()::equals).isPresent();
    }

    private StepFailure status(Reply reply) {
        int status = reply.status();
        String answer = display(reply.url()) + " answers " + status;
        return switch (status) {
            case 408, 425, 429 -> StepFailure.retryable(ErrorCode.ARTIFACT_UNAVAILABLE, answer);
            case 404, 410 ->
                StepFailure.refused(
                        ErrorCode.ARTIFACT_UNAVAILABLE, answer + ": there is no such artifact, check version and URL");
            default ->
                status >= 500
                        ? StepFailure.retryable(ErrorCode.ARTIFACT_UNAVAILABLE, answer)
                        : StepFailure.refused(ErrorCode.ARTIFACT_UNAVAILABLE, answer);
        };
    }

    private void requireIdentity(Reply reply) {
        if (reply.header("Content-Encoding")
                .filter(encoding -> !encoding.equalsIgnoreCase("identity"))
                .isPresent()) {
            throw unavailable(reply, "sends the file in an encoding that nobody asked for");
        }
    }

    private void requireRoom(Reply reply, long wholeBytes, long alreadyBytes) throws IOException {
        requireBelowMaximum(reply, wholeBytes);
        Path directory = partial.data().resolveSibling(".");
        long usable = Files.getFileStore(directory).getUsableSpace();
        if (wholeBytes - alreadyBytes > usable) {
            throw StepFailure.retryable(
                    ErrorCode.HOST_STORAGE,
                    "the artifact has " + ByteCount.text(wholeBytes)
                            + " and the artifact-service's disk has room for " + ByteCount.text(usable)
                            + "; free some");
        }
    }

    private void requireBelowMaximum(Reply reply, long bytes) throws IOException {
        if (bytes > limits.bytesMax()) {
            discard();
            throw StepFailure.refused(
                    ErrorCode.ARTIFACT_WRONG,
                    display(reply.url()) + " has more than " + limits.bytesMax()
                            + " bytes (uplift.artifact.max-bytes)");
        }
    }

    private static StepFailure unavailable(Reply reply, String what) {
        return StepFailure.refused(ErrorCode.ARTIFACT_UNAVAILABLE, display(reply.url()) + " " + what);
    }

    private static void write(FileChannel file, byte[] buffer, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    private static Progress progress(long done, OptionalLong total) {
        return total.isPresent()
                ? Progress.of("fetching", Progress.Unit.BYTES, done, total.getAsLong())
                : new Progress("fetching", Progress.Unit.BYTES, done, null);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
