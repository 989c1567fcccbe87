/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.testbed.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The table of {@link UnitFaultsIT}: what strikes, and when. */
final class UnitFaults {
    static final List<String> SERVICES = List.of("artifact", "backup", "swap");

    private UnitFaults() {}

    /** What happens to the host. */
    enum Fault {
        /** It loses its power and gets it back. */
        POWER,
        /** It is rebooted in order. */
        BOOT,
        /** Its network is cut until the saga has noticed. */
        NETWORK,
        /** It is without power until the saga is parked; when it is back, a person says to go on. */
        OUTAGE
    }

    /** Where the saga goes by itself. */
    enum Course {
        FORWARD,
        /** The new version's migration fails. */
        BACK,
        /** The new version's migration takes its time. */
        SLOW
    }

    /** A crash point, and how the upgrade may end when it is struck there. */
    enum Moment {
        PREFLIGHT(Course.FORWARD, "swap.batch.commit:BEFORE:1", null),
        FETCH(Course.FORWARD, "artifact.fetch.download:BEFORE:1", State.COMPLETED),
        STAGE(Course.FORWARD, "swap.stage.release:BEFORE:1", State.COMPLETED),
        STAGED(Course.FORWARD, "swap.stage.release:AFTER:1", State.COMPLETED),
        STOP_RECORDED(Course.FORWARD, "swap.stop.record:AFTER:1", State.COMPLETED),
        STOP_HELD(Course.FORWARD, "swap.stop.autostart:AFTER:1", State.COMPLETED),
        STOP_ASKED(Course.FORWARD, "swap.stop.terminate:AFTER:1", State.COMPLETED),
        BACKUP(Course.FORWARD, "backup.take.dump:BEFORE:1", State.COMPLETED),
        BACKED_UP(Course.FORWARD, "backup.take.publish:AFTER:1", State.COMPLETED),
        SWITCH(Course.FORWARD, "swap.switch.current:BEFORE:1", State.COMPLETED),
        SWITCHED(Course.FORWARD, "swap.switch.current:AFTER:1", State.COMPLETED),
        START(Course.FORWARD, "swap.start.start:BEFORE:1", State.COMPLETED),
        STARTED(Course.FORWARD, "swap.start.start:AFTER:1", null),
        MIGRATING(Course.SLOW, "swap.start.record:AFTER:1", State.ROLLED_BACK),
        SERVING(Course.FORWARD, "swap.start.serving:AFTER:1", State.COMPLETED),
        /** The command has come; it is the seventh of the swap-service. */
        SOAK(Course.FORWARD, "swap.batch.commit:BEFORE:7", State.COMPLETED),
        COMMIT(Course.FORWARD, "swap.commit.autostart:BEFORE:1", State.COMPLETED),
        COMMITTED(Course.FORWARD, "swap.commit.autostart:AFTER:1", State.COMPLETED),
        REVERT(Course.BACK, "swap.revert.current:BEFORE:1", State.ROLLED_BACK),
        RESTORE(Course.BACK, "backup.restore.load:BEFORE:1", State.ROLLED_BACK),
        RESTORED(Course.BACK, "backup.restore.replace:AFTER:1", State.ROLLED_BACK),
        RESUME(Course.BACK, "swap.resume.start:BEFORE:1", State.ROLLED_BACK),
        RESUMED(Course.BACK, "swap.resume.start:AFTER:1", State.ROLLED_BACK),
        RESUME_SERVING(Course.BACK, "swap.resume.serving:AFTER:1", State.ROLLED_BACK),
        RESUME_RELEASE(Course.BACK, "swap.resume.autostart:BEFORE:1", State.ROLLED_BACK),
        UNSTAGE(Course.BACK, "swap.unstage.release:BEFORE:1", State.ROLLED_BACK);

        private final Course course;
        private final String point;
        private final @Nullable State end;

        Moment(Course course, String point, @Nullable State end) {
            this.course = course;
            this.point = point;
            this.end = end;
        }

        Course course() {
            return course;
        }

        String point() {
            return point;
        }

        /** Who reaches it. */
        String service() {
            return point.substring(0, point.indexOf('.'));
        }

        /** Absent: either end is in order. */
        @Nullable
        State end() {
            return end;
        }
    }

    /** One strike. */
    record Run(Fault fault, Moment moment) {
        /** How the upgrade may end. What stays away for long is not waited for on the way forward. */
        Set<State> ends() {
            State end = moment.end();
            if (fault == Fault.OUTAGE && moment != Moment.COMMIT) {
                return Set.of(State.ROLLED_BACK);
            }
            boolean outlived = fault == Fault.NETWORK && moment == Moment.MIGRATING;
            return end == null || outlived ? Set.of(State.COMPLETED, State.ROLLED_BACK) : Set.of(end);
        }

        @Override
        public String toString() {
            return fault + " at " + moment;
        }
    }

    /** What a person does on the host, what the saga makes of it, and what that person answers then. */
    enum Person {
        RESTARTS_BEFORE_THE_STOP("restart", Moment.STAGED, null, "", State.COMPLETED),
        RESTARTS_IN_STOP("restart", Moment.STOP_HELD, null, "", State.COMPLETED),
        STARTS_IN_BACKUP("start", Moment.BACKUP, null, "", State.COMPLETED),
        RESTARTS_IN_MIGRATION("restart", Moment.MIGRATING, StepName.START, "cancel", State.ROLLED_BACK),
        RESTARTS_IN_SOAK("restart", Moment.SOAK, StepName.SOAK, "cancel", State.ROLLED_BACK),
        STOPS_IN_SOAK("stop", Moment.SOAK, StepName.SOAK, "retry", State.COMPLETED),
        STARTS_BEFORE_THE_SWITCH("start", Moment.SWITCH, null, "", State.COMPLETED),
        RESTARTS_IN_COMMIT("restart", Moment.COMMIT, null, "", State.COMPLETED),
        STARTS_IN_RESTORE("start", Moment.RESTORE, null, "", State.ROLLED_BACK),
        RESTARTS_THE_OLD_ONE("restart", Moment.RESUMED, StepName.STOP, "retry", State.ROLLED_BACK);

        private final String verb;
        private final Moment moment;
        private final @Nullable StepName parksAt;
        private final String answer;
        private final State end;

        Person(String verb, Moment moment, @Nullable StepName parksAt, String answer, State end) {
            this.verb = verb;
            this.moment = moment;
            this.parksAt = parksAt;
            this.answer = answer;
            this.end = end;
        }

        /** Of {@code systemctl}. */
        String verb() {
            return verb;
        }

        Moment moment() {
            return moment;
        }

        /** Absent: the saga goes on by itself. */
        @Nullable
        StepName parksAt() {
            return parksAt;
        }

        /** A command of {@code uplift}. */
        String answer() {
            return answer;
        }

        State end() {
            return end;
        }

        /** Whether the unit is held from then on, so that nothing but Uplift starts it. */
        boolean isKeptOff() {
            return moment != Moment.STAGED;
        }
    }

    /** Every fourth person. */
    static List<Person> everyFourthPerson() {
        return Sample.of(List.of(Person.values()), 4);
    }

    /** Every twenty-ninth run; all of them take three quarters of an hour. */
    static List<Run> everyNth() {
        List<Run> runs = new ArrayList<>();
        for (Moment moment : Moment.values()) {
            for (Fault fault : List.of(Fault.POWER, Fault.BOOT, Fault.NETWORK)) {
                runs.add(new Run(fault, moment));
            }
        }
        for (Moment moment : List.of(Moment.STAGED, Moment.SWITCHED, Moment.RESTORE, Moment.COMMIT)) {
            runs.add(new Run(Fault.OUTAGE, moment));
        }
        return Sample.of(runs, 29);
    }
}
