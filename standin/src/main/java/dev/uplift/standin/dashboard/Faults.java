/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The faults that are on for this release, read once at start from {@code STANDIN_FAULTS} and the
 * control file: {@code name[@major][:argument]}, separated by commas or white space, {@code #} begins a
 * comment. With {@code @major} only releases of that major have the fault. Example: {@code
 * migration-slow@51:20s, slow-stop:5s}. Each fault that fires is written to the ledger.
 */
final class Faults {
    private static final Pattern ENTRY = Pattern.compile("([a-z-]+)(?:@(\\d+))?(?::([^\\s,]+))?");
    private static final Pattern DURATION = Pattern.compile("(\\d+)(ms|s|m)");

    private final Map<Fault, String> active;
    private final Ledger ledger;

    private Faults(Map<Fault, String> active, Ledger ledger) {
        this.active = active;
        this.ledger = ledger;
    }

    static Faults read(Settings settings, Release release, Ledger ledger) throws IOException {
        StringBuilder text = new StringBuilder(settings.text("STANDIN_FAULTS", ""));
        Path file = settings.path("STANDIN_FAULTS_FILE", "standin.faults");
        if (Files.exists(file)) {
            text.append('\n').append(Files.readString(file));
        }
        return parse(text.toString(), release.major(), ledger);
    }

    static Faults parse(String text, int major, Ledger ledger) {
        Map<Fault, String> active = new EnumMap<>(Fault.class);
        for (String entry : entries(text)) {
            Matcher matcher = ENTRY.matcher(entry);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("not a fault: " + entry);
            }
            Fault fault = Fault.named(matcher.group(1));
            String boundTo = matcher.group(2);
            if (boundTo == null || Integer.parseInt(boundTo) == major) {
                String argument = matcher.group(3);
                active.put(fault, argument == null ? "" : argument);
            }
        }
        return new Faults(active, ledger);
    }

    private static List<String> entries(String text) {
        List<String> entries = new ArrayList<>();
        text.lines().map(line -> line.replaceFirst("#.*", "")).forEach(line -> {
            for (String entry : line.split("[,\\s]+", -1)) {
                if (!entry.isEmpty()) {
                    entries.add(entry);
                }
            }
        });
        return entries;
    }

    boolean on(Fault fault) {
        return active.containsKey(fault);
    }

    /** Whether the fault is on; if so, the ledger says that it fired. */
    boolean fires(Fault fault) {
        if (!on(fault)) {
            return false;
        }
        Log.warn("standin.faults", "fault fires: " + fault.label());
        ledger.append("fault", fault.label());
        return true;
    }

    Duration duration(Fault fault, Duration absent) {
        return argument(fault).map(Faults::duration).orElse(absent);
    }

    Optional<String> argument(Fault fault) {
        return Optional.ofNullable(active.get(fault)).filter(argument -> !argument.isEmpty());
    }

    /** {@code 500ms}, {@code 20s}, {@code 2m}; a plain number means seconds. */
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text.matches("\\d+") ? text + "s" : text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a duration: " + text);
        }
        long amount = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        if (unit.equals("ms")) {
            return Duration.ofMillis(amount);
        }
        return unit.equals("s") ? Duration.ofSeconds(amount) : Duration.ofMinutes(amount);
    }

    @Override
    public String toString() {
        return active.isEmpty() ? "none" : active.toString();
    }
}
