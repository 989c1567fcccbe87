/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What a fence keeps in the state directory of its application, the same on every kind of host. */
record FenceFiles(Host host, Path applicationDirectory) {
    private static final int TOKEN_BYTES_MAX = 1_000;

    /** The highest token so far; replaced in one step. */
    Path token() {
        return applicationDirectory.resolve(StateDirectory.NAME).resolve("fence");
    }

    /** What {@code flock} locks; never replaced. */
    Path lock() {
        return applicationDirectory.resolve(StateDirectory.NAME).resolve("fence.lock");
    }

    /** See {@link Fence#incoming}. */
    Path incoming() {
        return applicationDirectory.resolve(StateDirectory.INCOMING);
    }

    /** See {@link Fence#last}. */
    Optional<FenceToken> last() throws IOException {
        if (StateDirectory.existing(host, applicationDirectory).isEmpty()) {
            return Optional.empty();
        }
        try {
            byte[] content = host.files().read(token(), TOKEN_BYTES_MAX);
            return Optional.of(FenceToken.parse(new String(content, StandardCharsets.US_ASCII), token()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    FenceBusyException busy(Duration waited) {
        return new FenceBusyException("another command has worked on " + applicationDirectory + " for more than "
                + waited.toSeconds() + " s");
    }
}
