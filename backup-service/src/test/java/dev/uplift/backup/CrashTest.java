/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.backup.database.h2.H2Processes;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.contract.Backup;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.testing.TestSshd;
import dev.uplift.testbed.Sample;
import dev.uplift.worker.StepOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process dies before and after each effect; the command is run again, or undone. On a server and on another host
 * every fifth of these moments is run, or all with {@code -Duplift.sample.every=1}.
 */
final class CrashTest {
    private static final String CHECK = "backup.preflight.";
    private static final String TAKE = "backup.take.";
    private static final String RESTORE = "backup.restore.";
    private static final String REINSTATE = "backup.reinstate.";

    @TempDir
    Path directory;

    private final Set<String> killed = new TreeSet<>();
    /** Odd: moments before an effect alternate with those after one. */
    private int usually = 5;

    /** An application's database as its owner sees it. */
    private interface Application {
        void change() throws Exception;

        /** Everything around the database that an interrupted run could have left. */
        List<String> leftovers() throws Exception;
    }

    @Test
    void onPostgresEveryInterruptedStepEndsWellWhenItIsRunAgain() throws Exception {
        Server.admin("CREATE DATABASE crash OWNER app");
        Server.run("app", "crash", "CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t DEFAULT VALUES");
        Fixture fixture = new Fixture(
                directory.resolve("home"),
                Files.createDirectories(directory.resolve("application")),
                new DatabaseSpec.PostgreSql("127.0.0.1", Server.port(), "crash", "app", null));
        Application application = new Application() {
            @Override
            public void change() throws SQLException {
                Server.run("app", "crash", "INSERT INTO t DEFAULT VALUES");
            }

            @Override
            public List<String> leftovers() throws SQLException {
                List<String> left = new ArrayList<>(Server.databases("uplift_scratch"));
                left.addAll(Server.databases("uplift_rehearsal"));
                left.addAll(Server.databases("crash_uplift_"));
                left.removeIf(name -> name.contains("_uplift_failed_"));
                return left;
            }
        };
        checks(fixture, application);
        Backup backup = takes(fixture, application);
        restores(fixture, application, backup, RESTORE);

        Set<String> expected = points(CHECK, TAKE, RESTORE);
        expected.removeIf(point -> point.contains(".keep:"));
        assertThat(killed).isEqualTo(expected);
    }

    @Test
    void onH2EveryInterruptedStepEndsWellWhenItIsRunAgain() throws Exception {
        usually = 1;
        everyStep(new H2Fixture(directory), RESTORE, REINSTATE);
    }

    @Test
    void onH2OfAnotherHostEveryInterruptedStepEndsWellWhenItIsRunAgain() throws Exception {
        Path keys = Files.createDirectory(directory.resolve("keys"));
        try (TestSshd sshd = new TestSshd(keys)) {
            H2Fixture h2 = new H2Fixture(
                    directory, sshd.spec(), new H2Processes(directory.resolve("home/h2"), Clock.systemUTC()));
            everyStep(h2, RESTORE);
            h2.fixture.close();
        }
    }

    private void everyStep(H2Fixture h2, String... restores) throws Exception {
        Application application = new Application() {
            @Override
            public void change() throws SQLException {
                h2.run("INSERT INTO t (text) VALUES ('more')");
            }

            @Override
            public List<String> leftovers() throws Exception {
                try (var files = Files.list(h2.application)) {
                    return files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".uplift-tmp"))
                            .toList();
                }
            }
        };
        Backup backup = takes(h2.fixture, application);
        Set<String> expected = points(TAKE);
        for (String step : restores) {
            restores(h2.fixture, application, backup, step);
            expected.addAll(points(step));
        }
        assertThat(killed).isEqualTo(expected);
    }

    private void checks(Fixture fixture, Application application) throws Exception {
        for (String point : points(CHECK)) {
            kill(fixture, point, fixture::preflight);
            assertThat(fixture.preflight()).as(point).isInstanceOf(StepOutcome.Succeeded.class);
            assertThat(application.leftovers()).as(point).isEmpty();
        }
    }

    private Backup takes(Fixture fixture, Application application) throws Exception {
        int taken = 0;
        for (String point : points(TAKE)) {
            fixture.epoch++;
            kill(fixture, point, fixture::tryTake);
            fixture.pivotReached = false;
            if (taken % 2 == 0 && fixture.stored().stream().anyMatch(name -> name.endsWith(".partial"))) {
                fixture.epoch++;
                assertThat(fixture.undo(null)).isEqualTo(StepOutcome.done(new StepOutput.Restored(null, false)));
                assertThat(fixture.stored()).noneMatch(name -> name.endsWith(".partial"));
                assertThat(application.leftovers()).isEmpty();
                fixture.epoch++;
            }
            Backup backup = fixture.take();
            assertThat(fixture.stored())
                    .as(point)
                    .hasSize(++taken)
                    .contains(backup.id().toString());
            assertThat(application.leftovers()).as(point).isEmpty();
        }
        fixture.epoch++;
        return fixture.take();
    }

    private void restores(Fixture fixture, Application application, Backup backup, String step) throws Exception {
        fixture.pivotReached = true;
        for (String point : points(step)) {
            fixture.epoch++;
            application.change();
            Step restore = step.equals(RESTORE) ? () -> fixture.undo(backup) : () -> fixture.reinstate(backup);
            if (!kill(fixture, point, restore)) {
                continue;
            }
            assertThat(restore.run())
                    .as(point)
                    .isInstanceOfSatisfying(
                            StepOutcome.Succeeded.class,
                            succeeded -> assertThat(((StepOutput.Restored) succeeded.output()).contentHash())
                                    .isEqualTo(backup.contentHash()));
            assertThat(application.leftovers()).as(point).isEmpty();
        }
    }

    private interface Step {
        StepOutcome run() throws Exception;
    }

    /** False if the point was not reached, which the test's last assertion judges. */
    private boolean kill(Fixture fixture, String point, Step step) throws Exception {
        fixture.killAt = point;
        if (point.contains(".keep:")) {
            try {
                var _ = step.run();
                return false;
            } catch (Fixture.Killed e) {
                killed.add(point);
                return true;
            }
        }
        assertThatThrownBy(step::run)
                .as(point)
                .isInstanceOf(Fixture.Killed.class)
                .hasMessage(point);
        killed.add(point);
        return true;
    }

    private Set<String> points(String... steps) {
        Set<String> points = new TreeSet<>();
        for (String step : steps) {
            points.addAll(Sample.of(
                    BackupEffect.names().stream()
                            .filter(effect -> effect.startsWith(step))
                            .flatMap(effect -> Stream.of(effect + ":BEFORE", effect + ":AFTER"))
                            .toList(),
                    usually));
        }
        return points;
    }
}
