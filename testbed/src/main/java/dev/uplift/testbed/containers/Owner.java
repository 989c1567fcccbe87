/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who made a container: this process and a number in it, written {@code pid.startTicks.number}. */
record Owner(long pid, long startTicks, int number) {
    /** The label's name. */
    static final String LABEL = "dev.uplift.test";

    private static final Pattern TEXT = Pattern.compile("(\\d{1,10})\\.(\\d{1,18})\\.(\\d{1,9})");
    private static final AtomicInteger LAST = new AtomicInteger();

    static Owner next() {
        long pid = ProcessHandle.current().pid();
        return new Owner(pid, startTicks(pid).orElseThrow(), LAST.incrementAndGet());
    }

    static Optional<Owner> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new Owner(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        Integer.parseInt(matcher.group(3))))
                : Optional.empty();
    }

    /** Whether the process still runs; another one with its pid does not count. */
    boolean alive() {
        return startTicks(pid).filter(ticks -> ticks == startTicks).isPresent();
    }

    String label() {
        return LABEL + "=" + this;
    }

    @Override
    public String toString() {
        return pid + "." + startTicks + "." + number;
    }

    private static Optional<Long> startTicks(long pid) {
        Path stat = Path.of("/proc", Long.toString(pid), "stat");
        try {
            String text = Files.readString(stat);
            return Optional.of(
                    Long.parseLong(text.substring(text.lastIndexOf(')') + 2).split(" ", -1)[19]));
        } catch (IOException e) {
            if (Files.exists(stat)) {
                throw new UncheckedIOException(e);
            }
            return Optional.empty();
        }
    }
}
