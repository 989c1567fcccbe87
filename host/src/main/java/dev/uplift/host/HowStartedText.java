/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads {@link HowStarted} from what {@link #SCRIPT} shows of a process, and of the shell that ran it. */
final class HowStartedText {
    /** {@code $1} is the pid. Each line is the pid, a name and what is found under it, as base64. */
    static final String SCRIPT = """
        export LC_ALL=C
        for process in "$1" $$; do
          line() { printf '%s %s =' "$process" "$1"; base64 -w0; echo; }
          for file in stat status limits oom_score_adj personality cgroup attr/current; do
            line "$file" <"/proc/$process/$file"
          done
          for link in ns/net ns/user ns/pid ns/mnt ns/ipc ns/uts fd/0 fd/1 fd/2; do
            readlink -n "/proc/$process/$link" | line "$link"
          done
          ionice -p "$process" | line ionice
          for fd in 0 2; do
            [ ! -f "/proc/$process/fd/$fd" ] || echo | line "file/$fd"
          done
        done
        """;

    private static final int SETPCAP = 8;
    private static final int SYS_NICE = 23;
    private static final int SYS_RESOURCE = 24;
    private static final int AFTER_NAME_NICE = 16;
    private static final int AFTER_NAME_PRIORITY = 37;
    private static final int AFTER_NAME_POLICY = 38;
    private static final Map<String, String> POLICIES =
            Map.of("0", "--other 0", "1", "--fifo ", "2", "--rr ", "3", "--batch 0", "5", "--idle 0");
    private static final Map<String, String> LIMITS = Map.ofEntries(
            Map.entry("Max cpu time", "cpu"),
            Map.entry("Max file size", "fsize"),
            Map.entry("Max data size", "data"),
            Map.entry("Max stack size", "stack"),
            Map.entry("Max core file size", "core"),
            Map.entry("Max resident set", "rss"),
            Map.entry("Max processes", "nproc"),
            Map.entry("Max open files", "nofile"),
            Map.entry("Max locked memory", "memlock"),
            Map.entry("Max address space", "as"),
            Map.entry("Max file locks", "locks"),
            Map.entry("Max pending signals", "sigpending"),
            Map.entry("Max msgqueue size", "msgqueue"),
            Map.entry("Max nice priority", "nice"),
            Map.entry("Max realtime priority", "rtprio"),
            Map.entry("Max realtime timeout", "rttime"));
    private static final Pattern LIMIT =
            Pattern.compile("(Max [a-z ]*[a-z]) +(\\d+|unlimited) +(\\d+|unlimited)(?: .*)?");
    private static final Pattern IO = Pattern.compile("(none|realtime|best-effort|idle)(?:: prio (\\d))?");
    private static final List<String> IO_CLASSES = List.of("none", "realtime", "best-effort", "idle");
    private static final Map<String, String> PLACES = new TreeMap<>(
            Map.of("ns/net", "network namespace", "ns/user", "user namespace", "ns/pid", "process namespace"));
    private static final Map<String, String> SURROUNDINGS = new TreeMap<>(
            Map.of("ns/mnt", "mount namespace", "ns/ipc", "IPC namespace", "ns/uts", "host name's namespace"));

    /** Of somebody who logged in: another one each time. */
    private static final Pattern LOGIN =
            Pattern.compile("/|/init\\.scope|/user\\.slice(?:/.*)?|.*/session-[^/]*\\.scope");

    private final Map<String, String> seen;
    private final Map<String, String> status;

    private HowStartedText(Map<String, String> seen) {
        this.seen = seen;
        this.status = ProcText.fields(text("status"));
    }

    /** What {@code answer} shows of this process. Fails if it had ended. */
    static HowStarted of(long pid, String answer) throws IOException {
        Map<String, Map<String, String>> processes = new HashMap<>();
        String own = "";
        for (String line : answer.lines().toList()) {
            String[] parts = line.split(" ", 3);
            if (parts.length == 3 && parts[2].startsWith("=")) {
                processes
                        .computeIfAbsent(parts[0], _ -> new HashMap<>())
                        .put(
                                parts[1],
                                new String(Base64.getDecoder().decode(parts[2].substring(1)), StandardCharsets.UTF_8));
                own = parts[0];
            }
        }
        HowStartedText process = new HowStartedText(processes.getOrDefault(Long.toString(pid), Map.of()));
        if (process.status.isEmpty()) {
            throw new IOException("process " + pid + " has ended");
        }
        return process.comparedWith(new HowStartedText(processes.getOrDefault(own, Map.of())));
    }

    private HowStarted comparedWith(HowStartedText own) {
        Inherited inherited = inherited(own);
        List<String> elsewhere = new ArrayList<>();
        PLACES.forEach((link, what) -> {
            if (differs(own, link)) {
                elsewhere.add("in another " + what);
            }
        });
        Optional<Path> errors = seen.containsKey("file/2") && !text("fd/2").equals(text("fd/1"))
                ? Optional.of(Path.of(ProcText.target(text("fd/2"))))
                : Optional.empty();
        return new HowStarted(inherited, errors, elsewhere, lost(inherited, own));
    }

    private Inherited inherited(HowStartedText own) {
        return new Inherited(
                status.get("Umask"),
                number(stat(AFTER_NAME_NICE)),
                number(text("oom_score_adj").strip()),
                scheduling(),
                io(),
                status.get("Cpus_allowed_list"),
                limits(),
                numbers(mask("CapAmb")),
                numbers(own.mask("CapBnd") & ~mask("CapBnd")),
                "1".equals(status.get("NoNewPrivs")));
    }

    private List<String> lost(Inherited theirs, HowStartedText own) {
        List<String> lost = new ArrayList<>();
        boolean mayRaise = own.has(SYS_RESOURCE);
        boolean mayHurry = own.has(SYS_NICE);
        if (theirs.umask() == null) {
            lost.add("its umask, which this kernel does not tell");
        }
        if (theirs.nice() != null && !mayHurry && theirs.nice() < nullToZero(number(own.stat(AFTER_NAME_NICE)))) {
            lost.add("its niceness " + theirs.nice());
        }
        if (theirs.scheduling() == null || (!mayHurry && theirs.scheduling().matches("--(fifo|rr) .*"))) {
            lost.add("its real-time scheduling");
        }
        if (theirs.io() != null && theirs.io().startsWith("-c 1") && !mayHurry) {
            lost.add("its real-time I/O priority");
        }
        if (theirs.oomScoreAdjustment() != null
                && !mayRaise
                && theirs.oomScoreAdjustment()
                        < nullToZero(number(own.text("oom_score_adj").strip()))) {
            lost.add("its OOM score adjustment " + theirs.oomScoreAdjustment());
        }
        Map<String, String> ownLimits = own.limits();
        theirs.limits().forEach((name, value) -> {
            if (!mayRaise && hard(value) > hard(ownLimits.getOrDefault(name, value))) {
                lost.add("its limit " + name + " (" + value + ")");
            }
        });
        if (!own.isRoot() && !groups().equals(own.groups())) {
            lost.add("its groups");
        }
        if (!(theirs.ambientCapabilities().isEmpty()
                        && theirs.droppedCapabilities().isEmpty())
                && (!own.isRoot() || !own.has(SETPCAP) || (mask("CapAmb") & ~own.mask("CapPrm")) != 0)) {
            lost.add("its capabilities");
        }
        if (!theirs.noNewPrivileges() && "1".equals(own.status.get("NoNewPrivs"))) {
            lost.add("that it may gain privileges, as Uplift may not");
        }
        SURROUNDINGS.forEach((link, what) -> {
            if (differs(own, link)) {
                lost.add("its own " + what);
            }
        });
        if (!"0".equals(status.getOrDefault("Seccomp", "0")) && "0".equals(own.status.getOrDefault("Seccomp", "0"))) {
            lost.add("its seccomp filter");
        }
        if (differs(own, "personality")) {
            lost.add("its execution domain (setarch)");
        }
        if (differs(own, "attr/current")) {
            lost.add("its security label " + text("attr/current").replaceAll("\\p{Cntrl}", ""));
        }
        controlGroup(own).ifPresent(group -> lost.add("its control group " + group + " and what that limits"));
        if (seen.containsKey("file/0")) {
            lost.add("its standard input");
        }
        if (text("fd/1").startsWith("pipe:") || text("fd/1").startsWith("socket:")) {
            lost.add("the program that its output goes to: it will go to a file in its directory");
        }
        return lost;
    }

    private Optional<String> controlGroup(HowStartedText own) {
        if (!differs(own, "cgroup")) {
            return Optional.empty();
        }
        return text("cgroup")
                .lines()
                .map(line -> line.replaceFirst("^[^:]*:[^:]*:", ""))
                .filter(group -> !LOGIN.matcher(group).matches())
                .findFirst();
    }

    private boolean differs(HowStartedText own, String name) {
        return !text(name).isEmpty() && !own.text(name).isEmpty() && !text(name).equals(own.text(name));
    }

    private String text(String name) {
        return seen.getOrDefault(name, "");
    }

    /** A field of {@code stat}, counted from the one behind the name. */
    private String stat(int index) {
        String line = text("stat");
        String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
        return index < fields.length ? fields[index] : "";
    }

    private @Nullable String scheduling() {
        String known = POLICIES.get(stat(AFTER_NAME_POLICY));
        return known != null && known.endsWith(" ") ? known + stat(AFTER_NAME_PRIORITY) : known;
    }

    /** One that nobody has chosen follows the niceness. */
    private @Nullable String io() {
        Matcher matcher = IO.matcher(text("ionice").strip());
        if (!matcher.matches() || matcher.group(1).equals("none")) {
            return null;
        }
        String chosen = "-c " + IO_CLASSES.indexOf(matcher.group(1));
        return matcher.group(2) == null ? chosen : chosen + " -n " + matcher.group(2);
    }

    private Map<String, String> limits() {
        Map<String, String> limits = new TreeMap<>();
        text("limits").lines().forEach(line -> {
            Matcher limit = LIMIT.matcher(line.strip());
            if (limit.matches() && LIMITS.containsKey(limit.group(1))) {
                limits.put(LIMITS.get(limit.group(1)), limit.group(2) + ":" + limit.group(3));
            }
        });
        return limits;
    }

    private static double hard(String limit) {
        String value = limit.substring(limit.indexOf(':') + 1);
        return value.equals("unlimited") ? Double.POSITIVE_INFINITY : Double.parseDouble(value);
    }

    private boolean isRoot() {
        return status.getOrDefault("Uid", "").matches("\\d+\\s+0\\s.*");
    }

    private Set<String> groups() {
        String[] gids = status.getOrDefault("Gid", "").split("\\s+", -1);
        TreeSet<String> groups =
                new TreeSet<>(List.of(status.getOrDefault("Groups", "").split("\\s+", -1)));
        groups.remove("");
        groups.add(gids.length > 1 ? gids[1] : "");
        return groups;
    }

    private boolean has(int capability) {
        return ((mask("CapEff") >> capability) & 1) == 1;
    }

    private long mask(String name) {
        String hex = status.getOrDefault(name, "");
        return hex.isEmpty() ? 0 : Long.parseUnsignedLong(hex, 16);
    }

    private static List<Integer> numbers(long mask) {
        return IntStream.range(0, Long.SIZE)
                .filter(bit -> ((mask >> bit) & 1) == 1)
                .boxed()
                .toList();
    }

    private static @Nullable Integer number(String text) {
        return text.matches("-?\\d{1,5}") ? Integer.valueOf(text) : null;
    }

    private static int nullToZero(@Nullable Integer number) {
        return number == null ? 0 : number;
    }
}
