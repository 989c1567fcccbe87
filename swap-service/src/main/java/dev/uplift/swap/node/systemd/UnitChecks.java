/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.systemd;

import dev.uplift.host.Exec;
import dev.uplift.host.Host;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.Instance;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private static final List<String> OTHER_ROOTS = List.of("RootDirectory", "RootImage");
    private static final Pattern OF_DYNAMIC_USERS = Pattern.compile("^/var/(?:lib|cache|log)/private/");
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
        Optional<String> unsupported = unsupported(name, state, jar.toString());
        return unsupported.isPresent() ? unsupported : wouldNotStart();
    }

    /**
     * What of a unit's settings makes it another one than Uplift could work on; empty: nothing.
     *
     * @param place a path in its working directory, as the host sees it
     */
    static Optional<String> unsupported(String name, SystemdUnit.State state, String place) {
        for (String setting : OTHER_ROOTS) {
            if (!state.get(setting).isEmpty()) {
                return Optional.of(name + " has " + setting + "=" + state.get(setting)
                        + ", so that it sees other files than its host does, which Uplift cannot work on; run it"
                        + " without that, or in a container");
            }
        }
        if (state.get("PrivateNetwork").equals("yes")
                || !state.get("NetworkNamespacePath").isEmpty()) {
            return Optional.of(name + " has PrivateNetwork= or NetworkNamespacePath=, so that nobody outside can look"
                    + " whether it is healthy; take that out");
        }
        if (state.get("DynamicUser").equals("yes")
                && OF_DYNAMIC_USERS.matcher(place).find()) {
            return Optional.of(name + " has DynamicUser= and lies in a directory that systemd gives to another user"
                    + " whenever it likes, what Uplift keeps there included (" + place
                    + "); give it a fixed user with User=");
        }
        return Optional.empty();
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
        Optional<String> uid = answer("id", "-u", "--", user);
        if (uid.isEmpty()) {
            return Optional.of("there is no user '" + user + "', the User= of " + unit.name()
                    + ", on the host any more, so that it would not start again; make the user anew");
        }
        List<String> groups = new ArrayList<>();
        groups.addAll(words(state.get("Group")));
        groups.addAll(words(state.get("SupplementaryGroups")));
        for (String group : groups) {
            if (!succeeds("getent", "group", "--", group)) {
                return Optional.of(
                        "there is no group '" + group + "', of Group= or SupplementaryGroups= of " + unit.name()
                                + ", on the host any more, so that it would not start again; make the group anew");
            }
        }
        groups.addAll(words(answer("id", "-G", "--", user).orElse("")));
        boolean reads = succeeds(
                "setpriv",
                "--reuid=" + uid.get(),
                "--regid=" + groups.getFirst(),
                "--groups=" + String.join(",", groups),
                "--",
                "test",
                "-r",
                jar.toString());
        if (!reads) {
            return Optional.of("user '" + user + "', the User= of " + unit.name() + ", cannot read " + jar
                    + ", so that it would not start again; let the user read the file and its directories");
        }
        return Optional.empty();
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+", -1));
    }

    private Optional<String> answer(String... command) throws IOException, InterruptedException {
        Exec.Result result = host.run(Exec.of(ANSWER_MAX, command));
        return result.succeeded() ? Optional.of(result.output().strip()) : Optional.empty();
    }

    private boolean succeeds(String... command) throws IOException, InterruptedException {
        return host.run(Exec.of(ANSWER_MAX, command)).succeeded();
    }
}
