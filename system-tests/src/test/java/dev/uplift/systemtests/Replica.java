/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** One replica of a service, as a process of its own, which may be stopped, paused and started again under its name. */
final class Replica implements AutoCloseable {
    /** What a part of it says of itself that waits for Kafka or the database. */
    static final String WAITS = "it waits since";

    /** What a consumer says of itself whose broker is silent. */
    static final String HEARS_NOTHING = "nothing is heard of Kafka";

    private static final Duration READY_MAX = Duration.ofMinutes(2);
    private static final int STOP_SECONDS_MAX = 60;

    private final String service;
    private final String module;
    private final String name;
    private final Path directory;
    private final Map<String, String> environment;
    private final int port = StandInContainers.freePort();
    private final Rest rest = new Rest(URI.create("http://127.0.0.1:" + port));
    private final KillPoints points;
    private @Nullable Process process;

    /**
     * One that does not run yet.
     *
     * @param service the first word of its effects' names
     * @param directory where its log is, and its crash points are armed
     * @param environment what it is told beside its name and its port
     */
    Replica(String service, String module, String name, Path directory, Map<String, String> environment) {
        this.service = service;
        this.module = module;
        this.name = name;
        this.directory = directory;
        this.environment = environment;
        this.points = new KillPoints(directory);
    }

    /** What it says of itself. */
    record Health(int status, String body) {
        boolean up() {
            return status == 200;
        }

        /** What it says of one of its parts. */
        String part(String part) {
            try {
                for (JsonNode check : Json.mapper().readTree(body).path("checks")) {
                    if (check.path("data").has(part)) {
                        return check.path("data").path(part).asText();
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            throw new IllegalStateException("nothing is said of " + part + ": " + body);
        }
    }

    /** Starts it, without waiting. */
    void start() {
        try {
            Files.createDirectories(directory);
            List<String> command = Program.service(module, KillPoints.options(directory));
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            directory.resolve("log").toFile()));
            builder.environment().putAll(environment);
            builder.environment().put("UPLIFT_INSTANCE", name);
            builder.environment().put("UPLIFT_HTTP_PORT", String.valueOf(port));
            Process started = builder.start();
            process = started;
            // Whatever becomes of the test, it does not outlive it.
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(started::destroyForcibly));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it is, and waits for nothing itself. */
    void awaitReady() {
        Awaitility.await(name + " to be ready; see " + directory)
                .atMost(READY_MAX)
                .failFast(name + " ended; see " + directory, () -> !running().isAlive())
                .until(() -> ready().up() && waitsForNothing(live()));
    }

    private static boolean waitsForNothing(Health live) {
        return live.up() && !live.body().contains(WAITS) && !live.body().contains(HEARS_NOTHING);
    }

    String name() {
        return name;
    }

    Rest rest() {
        return rest;
    }

    /** Whether it is alive, and what each of its parts does. */
    Health live() {
        return health("live");
    }

    /** Whether it can be asked for something. */
    Health ready() {
        return health("ready");
    }

    /** With status 0 if nobody answers. */
    private Health health(String which) {
        try {
            Rest.Answer answer = rest.send("GET", "/q/health/" + which, null);
            return new Health(answer.status(), answer.body());
        } catch (UncheckedIOException e) {
            return new Health(0, "");
        }
    }

    /** See {@link KillPoints#arm}. */
    void arm(String at) {
        points.arm(service, at);
    }

    /** Waits until the armed kill has happened, and the process is gone. */
    void awaitKilled(Duration limit) {
        Awaitility.await("the kill of " + name).atMost(limit).until(() -> points.killed(service));
        running().onExit().join();
    }

    /** See {@link KillPoints#holdAt}. */
    void holdAt(String at) {
        points.holdAt(service, at);
    }

    void awaitHeld(Duration limit) {
        Awaitility.await(name + " to be held").atMost(limit).until(() -> points.isHeld(service));
    }

    void letGo() {
        points.letGo(service);
    }

    /** SIGTERM; returns when it has ended by itself. */
    void stop() {
        running().destroy();
        await(running());
    }

    /** It does nothing any more, and nobody is told. */
    void pause() {
        signal("STOP");
    }

    /** It goes on after {@link #pause}. */
    void goOn() {
        signal("CONT");
    }

    private void signal(String signal) {
        try {
            await(new ProcessBuilder(
                            "kill", "-" + signal, String.valueOf(running().pid()))
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(Process process) {
        try {
            if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new IllegalStateException(process + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private Process running() {
        if (process == null) {
            throw new IllegalStateException(name + " was not started");
        }
        return process;
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
