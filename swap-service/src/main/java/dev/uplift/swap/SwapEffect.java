/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap;

import dev.uplift.contract.StepCommand;
import dev.uplift.worker.EffectName;
import java.util.Arrays;
import java.util.List;

/**
 * Everything that the swap-service does to the outside world, by the names of its crash points. Each is
 * taken under the fence of the application's directory, and each is observed before it is taken, so
 * that a step may be run again after a death at any of them.
 */
public enum SwapEffect implements EffectName {
    /** Writes down on the host how the application is started. */
    INSPECT_LAUNCH("swap.inspect.launch"),
    /** Writes down again how the application is started, if that has changed. */
    PREFLIGHT_LAUNCH("swap.preflight.launch"),
    /** Puts the release, downloaded and hashed, under its name. */
    STAGE_RELEASE("swap.stage.release"),
    /** Takes the staged release away. */
    UNSTAGE_RELEASE("swap.unstage.release"),
    /** Writes down that the application is being stopped, and what it was. */
    STOP_RECORD("swap.stop.record"),
    /** Keeps others from starting the application, also with the host. */
    STOP_AUTOSTART("swap.stop.autostart"),
    /** Asks the application to end. */
    STOP_TERMINATE("swap.stop.terminate"),
    /** Ends an application that did not end when asked. */
    STOP_KILL("swap.stop.kill"),
    /** Writes down when the outage began. */
    STOP_OUTAGE("swap.stop.outage"),
    /** Starts the version that is in place. */
    RESUME_START("swap.resume.start"),
    /** Writes down what was started. */
    RESUME_RECORD("swap.resume.record"),
    /** Writes down that it serves. */
    RESUME_SERVING("swap.resume.serving"),
    /** Writes down that nothing is left to be taken back. */
    RESUME_OVER("swap.resume.over"),
    /** Lets the host start the application as before. */
    RESUME_AUTOSTART("swap.resume.autostart"),
    /** Writes down that somebody else started the application after the stop was proven. */
    SWITCH_DISTURBED("swap.switch.disturbed"),
    /** Keeps a directory that belongs to the version. */
    SWITCH_SNAPSHOT("swap.switch.snapshot"),
    /** Makes a plain JAR the first release. */
    SWITCH_ADOPT("swap.switch.adopt"),
    /** Points {@code current} to the release that a plain JAR became. */
    SWITCH_ORIGIN("swap.switch.origin"),
    /** Puts a link to the current release in the JAR's place. */
    SWITCH_JAR("swap.switch.jar"),
    /** Points {@code current} to the new release. */
    SWITCH_CURRENT("swap.switch.current"),
    /** Renames the old container. */
    SWITCH_ASIDE("swap.container.aside"),
    /** Removes a container that an earlier hop has made. */
    SWITCH_DISCARD("swap.container.discard"),
    /** Creates the new container, which does not run yet. */
    SWITCH_CREATE("swap.container.create"),
    /** Removes the new container. */
    REVERT_DISCARD("swap.container.revert-discard"),
    /** Gives the old container its name again. */
    REVERT_NAME("swap.container.revert-name"),
    /** Points {@code current} back to the old release. */
    REVERT_CURRENT("swap.revert.current"),
    /** Puts back a directory that belongs to the version. */
    REVERT_SNAPSHOT("swap.revert.snapshot"),
    /** Runs a command of the application, which takes a migration lock away or migrates the data down. */
    COMMAND_RUN("swap.command.run"),
    /** Removes the container of that command when it has ended. */
    COMMAND_CLEAR("swap.command.clear"),
    /** Writes down that the new version is about to be started. */
    START_INTENT("swap.start.intent"),
    /** Starts the new version. */
    START_START("swap.start.start"),
    /** Writes down what was started. */
    START_RECORD("swap.start.record"),
    /** Writes down that it serves. */
    START_SERVING("swap.start.serving"),
    /** Asks the new version to end. */
    HALT_TERMINATE("swap.halt.terminate"),
    /** Ends a new version that did not end when asked. */
    HALT_KILL("swap.halt.kill"),
    /** Starts another node, or again one that had served. */
    SCALE_START("swap.scale.start"),
    /** Writes down which other node was started. */
    SCALE_RECORD("swap.scale.record"),
    /** Writes down that another node serves. */
    SCALE_SERVING("swap.scale.serving"),
    /** Asks another node to end that did not start. */
    SCALE_TERMINATE("swap.scale.terminate"),
    /** Ends one that did not end when asked. */
    SCALE_KILL("swap.scale.kill"),
    /** Writes down that the upgrade goes on without it. */
    SCALE_LEAVE("swap.scale.leave"),
    /** Asks another node to end. */
    UNSCALE_TERMINATE("swap.unscale.terminate"),
    /** Ends another node that did not end when asked. */
    UNSCALE_KILL("swap.unscale.kill"),
    /** Lets the host start the new version as the old one before. */
    COMMIT_AUTOSTART("swap.commit.autostart"),
    /** Takes releases away that are no longer kept. */
    COMMIT_RELEASES("swap.commit.releases"),
    /** Removes containers that are no longer kept. */
    COMMIT_CONTAINERS("swap.container.retire"),
    /** Writes down the new container as the one to go back to. */
    COMMIT_RECORD("swap.container.record"),
    /** Forgets what the saga had written down. */
    COMMIT_FORGET("swap.commit.forget");

    private final String crashPoint;

    SwapEffect(String crashPoint) {
        this.crashPoint = crashPoint;
    }

    /** The crash point's name, such as {@code swap.switch.current}. */
    public String crashPoint() {
        return crashPoint;
    }

    @Override
    public String in(StepCommand command) {
        return crashPoint;
    }

    /** The names of all crash points of this service. */
    public static List<String> names() {
        return Arrays.stream(values()).map(SwapEffect::crashPoint).toList();
    }
}
