package dev.uplift.swap.node;

import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.Scrubber;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The end of what an application wrote, fit to be shown: without secrets, in one line. */
public final class LogTail {
    private static final int BYTES_MAX = 65_536;
    private static final int LINES_MAX = 5;
    private static final int LINE_LENGTH_MAX = 300;

    private static final Pattern STACK_FRAME =
            Pattern.compile("at [^\\s(]+\\(.*\\).*|\\.\\.\\. \\d+ (more|common frames omitted)");

    private LogTail() {}

    /** Bytes that the log has; 0 if there is none. */
    public static long size(Host host, Launch launch) {
        try (SeekableByteChannel log = host.files().open(Path.of(launch.logFile()))) {
            return log.size();
        } catch (IOException e) {
            return 0;
        }
    }

    /**
     * The last lines written after the log had {@code from} bytes. Frames of stack traces are left out:
     * what went wrong stands above them.
     *
     * @param telling lines with one of these texts are shown although later ones would push them out
     */
    public static String since(Host host, Launch launch, long from, List<String> telling) {
        String text;
        try (SeekableByteChannel log = host.files().open(Path.of(launch.logFile()))) {
            long size = log.size();
            long begin = Math.max(size < from ? 0 : from, size - BYTES_MAX);
            ByteBuffer bytes = ByteBuffer.allocate((int) (size - begin));
            log.position(begin);
            int read = 0;
            while (bytes.hasRemaining() && read >= 0) {
                read = log.read(bytes);
            }
            text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "its log cannot be read";
        }
        Scrubber scrubber = Scrubber.of(launch);
        List<String> lines = text.lines()
                .map(line -> scrubber.scrub(line)
                        .replaceAll("\\e\\[[0-9;]*m", "")
                        .replaceAll("\\p{Cntrl}", " ")
                        .strip())
                .filter(line -> !line.isEmpty() && !STACK_FRAME.matcher(line).matches())
                .map(line -> line.length() > LINE_LENGTH_MAX ? line.substring(0, LINE_LENGTH_MAX) + "..." : line)
                .toList();
        int tail = Math.max(0, lines.size() - LINES_MAX);
        List<String> told = lines.subList(0, tail).stream()
                .filter(line -> telling.stream().anyMatch(line::contains))
                .limit(2)
                .toList();
        List<String> shown = new ArrayList<>(told);
        shown.addAll(lines.subList(tail, lines.size()));
        return shown.isEmpty() ? "it wrote nothing" : String.join(" | ", shown);
    }
}
