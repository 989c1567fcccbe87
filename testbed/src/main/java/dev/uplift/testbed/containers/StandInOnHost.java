/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import dev.uplift.standin.StandInReleases.StandInRelease;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A stand-in dashboard in a directory of a host, run as the user {@code metabase} by a unit as Metabase's documentation
 * has it, or by hand. It listens on all addresses of the host; its ledger is in its directory.
 */
public final class StandInOnHost {
    private final SystemdHost host;
    private final Path directory;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> javaOptions = new ArrayList<>(List.of("-Xmx160m", "-XX:TieredStopAtLevel=1"));
    private String restart = "always";
    private String user = "metabase";

    private StandInOnHost(SystemdHost host, Path directory) {
        this.host = host;
        this.directory = directory;
        environment.put("MB_JETTY_HOST", "0.0.0.0");
        environment.put("MB_JETTY_PORT", "3000");
        environment.put("STANDIN_LEDGER", directory.resolve("ledger.jsonl").toString());
        environment.put("STANDIN_LOCK_WAIT", "200ms");
    }

    /** Makes the directory and puts the release there as {@code metabase.jar}. */
    public static StandInOnHost in(SystemdHost host, Path directory, StandInRelease release) {
        host.exec("mkdir", "-p", directory.toString());
        host.put(release.jar(), directory.resolve("metabase.jar"));
        return new StandInOnHost(host, directory);
    }

    public StandInOnHost env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public StandInOnHost port(int port) {
        return env("MB_JETTY_PORT", Integer.toString(port));
    }

    /** As in {@code STANDIN_FAULTS}. */
    public StandInOnHost faults(String faults) {
        return env("STANDIN_FAULTS", faults);
    }

    /** {@code MB_DB_*} of a PostgreSQL application database. */
    public StandInOnHost postgres(String address, int port, String database, String role, String password) {
        return env("MB_DB_TYPE", "postgres")
                .env("MB_DB_HOST", address)
                .env("MB_DB_PORT", Integer.toString(port))
                .env("MB_DB_DBNAME", database)
                .env("MB_DB_USER", role)
                .env("MB_DB_PASS", password);
    }

    /** {@code Restart=} of the unit; {@code always} at first. */
    public StandInOnHost restart(String restart) {
        this.restart = restart;
        return this;
    }

    /** An account of the host; {@code metabase} at first. */
    public StandInOnHost user(String user) {
        this.user = user;
        return this;
    }

    public StandInOnHost javaOption(String option) {
        javaOptions.add(option);
        return this;
    }

    public Path directory() {
        return directory;
    }

    /**
     * Writes {@code /etc/systemd/system/<name>.service} and {@code /etc/default/<name>} (0640, root and the user's
     * group), enables the unit and starts it. Returns before the stand-in is healthy.
     */
    public StandInOnHost installUnit(String name) {
        own();
        Path settings = Path.of("/etc/default", name);
        StringBuilder text = new StringBuilder();
        environment.forEach((key, value) ->
                text.append(key).append('=').append(quoted(value)).append('\n'));
        host.write(settings, text.toString());
        host.exec("chown", "root:" + user, settings.toString());
        host.exec("chmod", "0640", settings.toString());
        host.write(Path.of("/etc/systemd/system", name + ".service"), unit(settings));
        host.systemctl("daemon-reload");
        host.systemctl("enable", "--now", name + ".service");
        return this;
    }

    /** Starts it as a person does by hand: in a session of its own, output appended to {@code metabase.log}. */
    public StandInOnHost launch() {
        own();
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "setsid \"$@\" >>metabase.log 2>&1 </dev/null &", "launch"));
        command.addAll(javaCommand("metabase.jar"));
        Docker.Result launched = host.attempt(user, directory, environment, command.toArray(String[]::new));
        if (!launched.ok()) {
            throw new IllegalStateException(launched.errors());
        }
        return this;
    }

    private void own() {
        host.exec("chown", "-R", user + ":" + user, directory.toString());
    }

    private String unit(Path settings) {
        return """
                [Unit]
                Description=Metabase server
                After=network.target

                [Service]
                WorkingDirectory=%1$s
                ExecStart=%2$s
                EnvironmentFile=%3$s
                User=%4$s
                Type=simple
                StandardOutput=journal
                SuccessExitStatus=143
                TimeoutStopSec=120
                Restart=%5$s

                [Install]
                WantedBy=multi-user.target
                """.formatted(
                directory,
                String.join(" ", javaCommand(directory.resolve("metabase.jar").toString())),
                settings,
                user,
                restart);
    }

    private List<String> javaCommand(String jar) {
        List<String> command = new ArrayList<>(List.of("/usr/bin/java"));
        command.addAll(javaOptions);
        command.addAll(List.of("-jar", jar));
        return command;
    }

    private static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
