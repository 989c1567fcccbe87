/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.InstallationSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Numbers and times as people read and write them. */
public final class Format {
    private static final Pattern SHORT_DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

    private Format() {}

    /**
     * Reads {@code 45s}, {@code 10m}, {@code 6h} or ISO-8601's {@code PT10M}.
     *
     * @throws CommandLine.TypeConversionException saying what is expected
     */
    static Duration parseDuration(String text) {
        Matcher matcher = SHORT_DURATION.matcher(text);
        if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                case "m" -> Duration.ofMinutes(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofDays(amount);
            };
        }
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw new CommandLine.TypeConversionException("'" + text + "' is no duration such as 45s, 10m or 6h");
        }
    }

    /** Where an installation keeps its data, and whether that is only assumed. */
    static String database(InstallationSpec spec) {
        String address = spec.database().address();
        if (spec.databaseAssumedFor().isEmpty()) {
            return address;
        }
        return spec.nodes().size() == 1
                ? address + " (assumed)"
                : address + " (assumed for " + String.join(", ", spec.databaseAssumedFor()) + ")";
    }

    /** {@code 2026-03-01T10:15:30Z}: to the second. */
    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** {@code 850 ms}, {@code 12.3 s}, {@code 4 min 05 s}, {@code 2 h 10 min}. */
    public static String duration(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        }
        if (millis < 60_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        }
        if (duration.toHours() == 0) {
            return String.format(Locale.ROOT, "%d min %02d s", duration.toMinutes(), duration.toSecondsPart());
        }
        return duration.toHours() + " h " + duration.toMinutesPart() + " min";
    }
}
