/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.systemtests.UnitFaults.Course;
import dev.uplift.systemtests.UnitFaults.Fault;
import dev.uplift.systemtests.UnitFaults.Moment;
import dev.uplift.systemtests.UnitFaults.Person;
import dev.uplift.systemtests.UnitFaults.Run;
import dev.uplift.testbed.containers.RequiresDocker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The host of a unit loses its power or its network, or a person is at work there, while the saga is held at a moment of
 * it. Each run is one upgrade of the same unit and must end as oracle I1 has it, with I2 to I5. The table of all runs is
 * printed at the end.
 */
@RequiresDocker
class UnitFaultsIT {
    private static final String NAME = "unit-struck";
    private static final String UNIT = NAME + ".service";
    private static final String FAILING = "v0.51.1";
    private static final String SLOW = "v0.52.1";
    private static final Duration HELD_MAX = Duration.ofMinutes(2);
    private static final Duration NOTICED_MAX = Duration.ofMinutes(3);
    private static final Duration PARKED_MAX = Duration.ofMinutes(5);

    /** Of what had served before: a host that goes down ends it, and so does a person. */
    private static final Set<String> STARTS = Set.of(
            "swap.resume.start",
            "swap.resume.record",
            "swap.resume.serving",
            "swap.scale.start",
            "swap.scale.record",
            "swap.scale.serving");

    private static final List<String> TABLE = new ArrayList<>();

    private static Product product;
    private static Units units;
    private static Installed installed;

    /** Of the last run's upgrade. */
    private static int release = 300;

    @BeforeAll
    static void boot() {
        product = Product.shared();
        units = Units.boot(product, "struck-host");
        installed = units.install(NAME, "migration-fails@51,migration-slow@52:20s");
    }

    @AfterAll
    static void shutDown() {
        System.out.println("\nunits: " + TABLE.size() + " runs\n" + String.join("\n", TABLE));
        installed.close();
        units.close();
    }

    @AfterEach
    void letGo() {
        units.machine().mend();
        if (!units.machine().sshAnswers()) {
            units.machine().powerOn();
        }
        UnitFaults.SERVICES.forEach(product::letGo);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.uplift.systemtests.UnitFaults#everyNth")
    void aStruckUpgradeEndsWell(Run run) throws Exception {
        Instant begun = Instant.now();
        product.holdAt(run.moment().service(), run.moment().point());
        UpgradeStatus ended = installed.upgrade(Dashboard.request(product, NAME, target(run.moment())), upgrade -> {
            awaitHeld(run.moment());
            strike(run, upgrade, begun);
        });
        note(run.toString(), ended, begun);

        assertThat(ended.state()).as("%s", ended).isIn(run.ends());
        assertInOrder(ended, endsWhatIsStarted(run) ? STARTS : Set.of());
        if (ended.state() == State.COMPLETED && run.moment().course() == Course.SLOW) {
            restore(ended);
        }
    }

    /** A host that goes down does, and a cut from its database ends what starts. */
    private static boolean endsWhatIsStarted(Run run) {
        return run.fault() != Fault.NETWORK || run.moment() == Moment.RESUMED;
    }

    /** What has outlived a cut runs a version that no other run of this class upgrades. */
    private static void restore(UpgradeStatus completed) {
        String backup = requireNonNull(completed.backup()).id().toString();
        Cli.Outcome restored = Cli.of(product).run("restore", NAME, backup);
        assertThat(restored.exit()).as("%s", restored).isZero();
        assertThat(units.jarThatRuns(NAME))
                .isEqualTo(units.release(completed.from().version()).sha256());
    }

    @ParameterizedTest
    @MethodSource("dev.uplift.systemtests.UnitFaults#everyFourthPerson")
    void aPersonAtWorkIsKeptOffOrWaitedFor(Person person) throws Exception {
        Instant begun = Instant.now();
        Moment moment = person.moment();
        product.holdAt(moment.service(), moment.point());
        UpgradeStatus ended = installed.upgrade(Dashboard.request(product, NAME, target(moment)), upgrade -> {
            awaitHeld(moment);
            if (moment == Moment.MIGRATING) {
                awaitMigration(begun);
            }
            String before = units.machine().property(UNIT, "MainPID");
            units.machine().attempt("systemctl", person.verb(), UNIT);
            assertThat(units.machine().property(UNIT, "MainPID"))
                    .as("positive control: what %s leaves running", person)
                    .matches(after -> person.isKeptOff()
                            ? after.equals("0")
                            : !Set.of("0", before).contains(after));
            product.letGo(moment.service());
            if (person.parksAt() != null) {
                assertParkedWithAdvice(product.awaitEnd(upgrade, NOTICED_MAX), person.parksAt());
                Cli.of(product).run(person.answer(), NAME);
            }
        });
        note(person.toString(), ended, begun);

        assertThat(ended.state()).as("%s", ended).isEqualTo(person.end());
        assertInOrder(ended, STARTS);
    }

    @Test
    void whatAPersonsOwnOldVersionTakesAfterTheBackupIsNotLost() throws Exception {
        UpgradeStatus ended = byHand(Moment.BACKED_UP, FAILING, StepName.SWITCH, ErrorCode.BACKUP_OUTDATED, "cancel");

        assertThat(ended.state()).as("%s", ended).isEqualTo(State.ROLLED_BACK);
    }

    @Test
    void aPersonsOwnNewVersionIsNotTakenForTheUnit() throws Exception {
        UpgradeStatus ended =
                byHand(Moment.SWITCHED, target(Moment.SWITCHED), StepName.START, ErrorCode.INTERFERED, "retry");

        assertThat(ended.state()).as("%s", ended).isEqualTo(State.COMPLETED);
    }

    /** A person starts what is in place, which takes rows; the saga parks there, and gets this answer. */
    private static UpgradeStatus byHand(Moment moment, String target, StepName parksAt, ErrorCode code, String answer)
            throws Exception {
        Instant begun = Instant.now();
        List<RowWriter.Written> taken = new ArrayList<>();
        product.holdAt(moment.service(), moment.point());
        UpgradeStatus ended = installed.upgrade(Dashboard.request(product, NAME, target), upgrade -> {
            awaitHeld(moment);
            units.startByHand(NAME);
            Awaitility.await("what was started by hand").atMost(HELD_MAX).until(installed.api()::healthy);
            try (RowWriter writer = RowWriter.start(installed.api().uri(), "hand-" + begun.toEpochMilli(), 25)) {
                Awaitility.await("rows in it").atMost(HELD_MAX).until(() -> writer.acknowledgedCount() > 10);
                taken.add(writer.stop());
            }
            product.letGo(moment.service());
            assertParked(product.awaitEnd(upgrade, NOTICED_MAX), parksAt, code);
            assertThat(Cli.of(product).run("status", NAME).out()).contains("`uplift " + answer + " " + NAME);
            units.endByHand();
            Awaitility.await("its end")
                    .atMost(HELD_MAX)
                    .until(() -> !installed.api().healthy());
            if (answer.equals("cancel")) {
                Cli.of(product).run("retry", NAME);
                UpgradeStatus again = product.awaitEnd(upgrade, NOTICED_MAX);
                assertParked(again, parksAt, code);
                assertThat(String.valueOf(again.failure())).contains("after the backup was taken");
            }
            Cli.of(product).run(answer, NAME);
        });
        note(answer + " after a start by hand at " + moment, ended, begun);

        assertInOrder(ended, Set.of());
        RowCheck rows = RowCheck.of(installed.api().uri(), taken.getFirst());
        assertThat(rows.lostCount()).as("%s", rows).isZero();
        return ended;
    }

    private static void assertParked(UpgradeStatus parked, StepName step, ErrorCode code) {
        assertThat(parked.state()).as("%s", parked).isEqualTo(State.PARKED);
        assertThat(parked.failure()).satisfies(failure -> {
            assertThat(failure.step()).isEqualTo(step);
            assertThat(failure.code()).isEqualTo(code);
        });
    }

    /** I1 and I4: what runs is what was switched to, or back to, and only what the fault took back was done again. */
    private static void assertInOrder(UpgradeStatus ended, Set<String> again) {
        Effects.assertNoneWasTakenTwice(product, 1, again);
        units.assertAsTheOperatorHasIt(NAME);
        String runs = (ended.state() == State.COMPLETED ? ended.to() : ended.from()).version();
        assertThat(units.jarThatRuns(NAME)).isEqualTo(units.release(runs).sha256());
    }

    private static void strike(Run run, UUID upgrade, Instant begun) {
        if (run.moment() == Moment.MIGRATING) {
            awaitMigration(begun);
        }
        String booted = units.machine().bootedAt();
        String service = run.moment().service();
        switch (run.fault()) {
            case POWER -> {
                units.machine().powerCycle();
                product.letGo(service);
            }
            case BOOT -> {
                units.machine().reboot();
                product.letGo(service);
            }
            case NETWORK -> {
                State before = product.rest().upgrade(upgrade).state();
                units.machine().cut();
                assertThat(units.machine().sshAnswers()).as("through the cut").isFalse();
                product.letGo(service);
                Awaitility.await("the cut to be noticed")
                        .atMost(NOTICED_MAX)
                        .until(() -> isNoticed(product.rest().upgrade(upgrade), before));
                units.machine().mend();
            }
            case OUTAGE -> {
                units.machine().powerOff();
                product.letGo(service);
                UpgradeStatus parked = product.awaitEnd(upgrade, PARKED_MAX);
                assertThat(parked.state()).as("%s", parked).isEqualTo(State.PARKED);
                assertThat(parked.failure())
                        .extracting(UpgradeStatus.Failure::code)
                        .isEqualTo(ErrorCode.HOST_UNREACHABLE);
                units.endSessionsBefore(NAME, Instant.now());
                units.machine().powerOn();
                if (run.moment() != Moment.STAGED) {
                    assertStaysDown();
                }
                Cli.of(product).run("retry", NAME);
            }
        }
        boolean bootedAgain = !units.machine().bootedAt().equals(booted);
        assertThat(bootedAgain).as("booted again").isEqualTo(run.fault() != Fault.NETWORK);
    }

    private static void awaitMigration(Instant begun) {
        product.letGo(Moment.MIGRATING.service());
        Awaitility.await("the migration to be under way")
                .atMost(HELD_MAX)
                .until(() -> installed.ledger().get().of("fault").stream()
                        .anyMatch(entry ->
                                entry.version().equals(SLOW) && entry.at().isAfter(begun)));
    }

    /** Whoever asks for a start. */
    private static void assertStaysDown() {
        assertThat(units.machine().property(UNIT, "ActiveState")).isIn("inactive", "failed");
        units.machine().attempt("systemctl", "start", UNIT);
        assertThat(units.machine().property(UNIT, "ActiveState")).isIn("inactive", "failed");
        assertThat(units.machine().systemctl("cat", UNIT)).contains("Uplift is upgrading this application");
    }

    /** By another attempt, or another way. */
    private static boolean isNoticed(UpgradeStatus status, State before) {
        return status.state() != before || status.steps().stream().anyMatch(step -> step.attempt() > 1);
    }

    private static void assertParkedWithAdvice(UpgradeStatus parked, StepName step) {
        assertParked(parked, step, ErrorCode.INTERFERED);
        assertStaysDown();
        assertThat(Cli.of(product).run("status", NAME).out())
                .contains("stopped by somebody else")
                .contains("uplift retry " + NAME);
    }

    private static void awaitHeld(Moment moment) {
        Awaitility.await("the saga at " + moment.point())
                .atMost(HELD_MAX)
                .until(() -> product.isHeld(moment.service()));
    }

    private static String target(Moment moment) {
        return switch (moment.course()) {
            case FORWARD -> "v0.50." + ++release;
            case BACK -> FAILING;
            case SLOW -> SLOW;
        };
    }

    private static void note(String run, UpgradeStatus ended, Instant begun) {
        TABLE.add(String.format(
                "%-50s %-11s %3d s  %s",
                run,
                ended.state(),
                Duration.between(begun, Instant.now()).toSeconds(),
                ended.failure() == null
                        ? ""
                        : ended.failure().step() + " " + ended.failure().code().wireName() + ": "
                                + ended.failure().detail()));
    }
}
