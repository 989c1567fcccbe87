/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.host.Exec;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.profile.JavaRequirement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which Java programs a host has, and which of them an application is started with. */
public final class JavaPrograms {
    private static final Path INSTALLED = Path.of("/usr/lib/jvm");
    private static final Pattern VERSION = Pattern.compile("(?:JAVA_VERSION=|version )\"(1\\.)?(\\d+)");
    private static final int RELEASE_BYTES_MAX = 65_536;
    private static final Duration ANSWER_MAX = Duration.ofSeconds(20);

    private JavaPrograms() {}

    /**
     * The feature number of a {@code java} program: 8, 11, 17 ...; empty if it does not say.
     *
     * @param mayRun whether it may be run to ask it: not as root where it belongs to the application's user
     */
    static OptionalInt major(Host host, Path java, boolean mayRun) throws InterruptedException {
        try {
            Path release =
                    host.files().realPath(java).resolveSibling("../release").normalize();
            if (host.files().isFile(release)) {
                OptionalInt major =
                        parse(new String(host.files().read(release, RELEASE_BYTES_MAX), StandardCharsets.UTF_8));
                if (major.isPresent()) {
                    return major;
                }
            }
            return mayRun
                    ? parse(host.run(Exec.of(ANSWER_MAX, java.toString(), "-version"))
                            .errors())
                    : OptionalInt.empty();
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    /** The feature number of the {@code java} that the application runs on; empty if it does not say. */
    public static OptionalInt major(Host host, Launch launch) throws InterruptedException {
        return major(host, Path.of(launch.javaExecutable()), launch.uid() == 0);
    }

    /**
     * The command line that starts the application with a Java that fits: as it is if its own does or
     * does not say, otherwise with the oldest installed one that does. Empty: there is none.
     */
    public static Optional<List<String>> commandLine(Host host, Launch launch, JavaRequirement requirement)
            throws InterruptedException {
        OptionalInt own = major(host, launch);
        if (own.isEmpty() || requirement.accepts(own.getAsInt())) {
            return Optional.of(launch.argv());
        }
        TreeMap<Integer, Path> fitting = new TreeMap<>();
        for (Path java : installed(host)) {
            OptionalInt major = major(host, java, true);
            if (major.isPresent() && requirement.accepts(major.getAsInt())) {
                fitting.putIfAbsent(major.getAsInt(), java);
            }
        }
        if (fitting.isEmpty()) {
            return Optional.empty();
        }
        List<String> argv = new ArrayList<>(launch.argv());
        argv.set(0, fitting.firstEntry().getValue().toString());
        return Optional.of(List.copyOf(argv));
    }

    private static List<Path> installed(Host host) {
        List<Path> programs = new ArrayList<>();
        try {
            for (String home : host.files().list(INSTALLED)) {
                Path java = INSTALLED.resolve(home).resolve("bin/java");
                if (host.files().program(java).isPresent()) {
                    programs.add(java);
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        programs.sort(null);
        return programs;
    }

    private static OptionalInt parse(String text) {
        Matcher matcher = VERSION.matcher(text);
        return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(2))) : OptionalInt.empty();
    }
}
