package dev.uplift.swap.node;

import dev.uplift.host.Exec;
import dev.uplift.host.Host;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a unit can be worked on, and would start again: what is wrong is told before anything is stopped. */
final class UnitChecks {
    private static final String NAME = "unit";
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

    /** Of these systemd does not run the application itself, or takes it for ended when it runs. */
    private static final Set<String> TYPES_REFUSED = Set.of("forking", "oneshot");

    /** {@code /etc/default/metabase (ignore_errors=no)}: without that file it does not start. */
    private static final Pattern NEEDED_FILE = Pattern.compile("(/.*) \\(ignore_errors=no\\)");

    private static final Pattern WILDCARD = Pattern.compile("[*?\\[]");

    private final Host host;
    private final SystemdUnit unit;
    private final SystemdUnit.State state;
    private final Path jar;

    UnitChecks(Host host, SystemdUnit unit, SystemdUnit.State state, Path jar) {
        this.host = host;
        this.unit = unit;
        this.state = state;
        this.jar = jar;
    }

    /** The first that stands in the way; {@code stranger}: what runs and was not started by the unit. */
    void run(Optional<Instance> stranger, CheckList checks) throws IOException, InterruptedException {
        Optional<String> problem = problem(stranger);
        if (problem.isPresent()) {
            checks.fail(NAME, problem.get());
        } else {
            checks.ok(NAME, unit.name() + ", " + state.get("UnitFileState") + ", Restart=" + state.get("Restart"));
        }
    }

    private Optional<String> problem(Optional<Instance> stranger) throws IOException, InterruptedException {
        String name = unit.name();
        if (host.uid() != 0) {
            return Optional.of("only root can stop and start " + name + ": log in to the host as root");
        }
        if (!state.isLoaded()) {
            return Optional.of(state.absence(name));
        }
        if (!state.get("Id").equals(name)) {
            return Optional.of(name + " is another name of " + state.get("Id") + "; register that");
        }
        if (stranger.isPresent()) {
            return Optional.of(stranger.get() + " was not started by " + name);
        }
        if (state.get("NeedDaemonReload").equals("yes")) {
            return Optional.of("the file of " + name + " was changed and systemd has not read it yet:"
                    + " run systemctl daemon-reload and restart it, or undo the change");
        }
        if (TYPES_REFUSED.contains(state.get("Type"))) {
            return Optional.of(name + " is of Type=" + state.get("Type")
                    + ", so that systemd does not watch the application itself: let it run java in the foreground"
                    + " with Type=simple or exec");
        }
        if (state.get("RefuseManualStop").equals("yes")
                || state.get("RefuseManualStart").equals("yes")) {
            return Optional.of(name + " has RefuseManualStop= or RefuseManualStart=, so that nobody can stop and"
                    + " start it; take that out");
        }
        return wouldNotStart();
    }

    private Optional<String> wouldNotStart() throws IOException, InterruptedException {
        for (String line : state.get("EnvironmentFiles").lines().toList()) {
            Matcher needed = NEEDED_FILE.matcher(line);
            if (needed.matches()
                    && !WILDCARD.matcher(needed.group(1)).find()
                    && !host.files().isFile(Path.of(needed.group(1)))) {
                return Optional.of(needed.group(1) + ", the EnvironmentFile= of " + unit.name()
                        + ", is missing, so that it would not start again; put it back");
            }
        }
        String user = state.get("User");
        if (user.isEmpty() || state.get("DynamicUser").equals("yes")) {
            return Optional.empty();
        }
        if (!succeeds("id", "-u", "--", user)) {
            return Optional.of("there is no user '" + user + "', the User= of " + unit.name()
                    + ", on the host any more, so that it would not start again; make the user anew");
        }
        if (!succeeds("runuser", "-u", user, "--", "test", "-r", jar.toString())) {
            return Optional.of("user '" + user + "', the User= of " + unit.name() + ", cannot read " + jar
                    + ", so that it would not start again; let the user read the file and its directories");
        }
        return Optional.empty();
    }

    private boolean succeeds(String... command) throws IOException, InterruptedException {
        return host.run(Exec.of(ANSWER_MAX, command)).succeeded();
    }
}
