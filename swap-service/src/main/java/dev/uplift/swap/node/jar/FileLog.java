/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.host.Host;
import dev.uplift.host.Scrubber;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.ShownLines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A log in a file that an application's output is appended to. A mark is the number of its bytes. */
public record FileLog(Host host, Path file, Scrubber scrubber) implements NodeLog {
    private static final int BYTES_MAX = 65_536;

    @Override
    public String mark() {
        try (SeekableByteChannel log = host.files().open(file)) {
            return Long.toString(log.size());
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public String since(String mark, List<String> telling) {
        long from = mark.isEmpty() ? 0 : Long.parseLong(mark);
        try (SeekableByteChannel log = host.files().open(file)) {
            long size = log.size();
            long begin = Math.max(size < from ? 0 : from, size - BYTES_MAX);
            ByteBuffer bytes = ByteBuffer.allocate((int) (size - begin));
            log.position(begin);
            int read = 0;
            while (bytes.hasRemaining() && read >= 0) {
                read = log.read(bytes);
            }
            String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
            return ShownLines.of(text, scrubber, telling);
        } catch (IOException e) {
            return file + " cannot be read";
        }
    }
}
