package dev.uplift.backup.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.messaging.worker.StepRun;
import java.util.function.LongConsumer;

/**
 * One run of one command: its crash points, its fence, its progress.
 *
 * @param fence of the installation, beside the application
 */
public record StepWork(StepCommand command, StepRun run, Fence fence) {
    /** Something that is done to the outside world. */
    @FunctionalInterface
    public interface Action {
        void run() throws Exception;
    }

    /** Something that is done on the application's host, by what is behind its fence. */
    @FunctionalInterface
    public interface HostAction {
        void run(Fence.Held held) throws Exception;
    }

    /** Takes an effect between its crash points. */
    public void effect(Effect effect, Action action) throws Exception {
        String name = effect.in(command.step().commandType(command.direction()));
        run.crashPoints().before(name);
        action.run();
        run.crashPoints().after(name);
    }

    /**
     * Takes an effect while nobody else may touch the installation. Not to be nested.
     *
     * @throws StepFailedException FENCED, with nothing done, if a newer command or delivery has been there
     */
    public void fencedEffect(Effect effect, Action action) throws Exception {
        fenced(() -> effect(effect, action));
    }

    /**
     * Does something while nobody else may touch the installation. Not to be nested.
     *
     * @throws StepFailedException FENCED, with nothing done, if a newer command or delivery has been there
     */
    public void fenced(Action action) throws Exception {
        try (Fence.Held held = fence.hold(command, run.delivery());
                Fence.Locked _ = held.lock()) {
            action.run();
        } catch (FencedException e) {
            throw StepFailedException.refused(ErrorCode.FENCED, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Takes an effect on the application's host, where each change asks the fence itself.
     *
     * @throws StepFailedException FENCED, if a newer command or delivery has been there: what follows was not done
     */
    public void effectOnHost(Effect effect, HostAction action) throws Exception {
        onHost(held -> effect(effect, () -> action.run(held)));
    }

    /**
     * Does something on the application's host, where each change asks the fence itself.
     *
     * @throws StepFailedException FENCED, if a newer command or delivery has been there: what follows was not done
     */
    public void onHost(HostAction action) throws Exception {
        try (Fence.Held held = fence.hold(command, run.delivery())) {
            action.run(held);
        } catch (FencedException e) {
            throw StepFailedException.refused(ErrorCode.FENCED, String.valueOf(e.getMessage()), e);
        }
    }

    /** Reports bytes as they are counted, and gives up when the step is cancelled. */
    public LongConsumer bytes(String activity, long totalBytes) {
        return done -> {
            run.checkCancelled();
            run.progress(Progress.of(activity, Progress.Unit.BYTES, done, totalBytes));
        };
    }

    /** What ran on the data last: on the way back it is the new version. */
    public Release ranOn() {
        return switch (command.direction()) {
            case DO -> command.from();
            case UNDO -> command.target();
        };
    }

    /** Distinguishes what is made by this run from what earlier runs for the installation made. */
    public String tag() {
        return command.epoch() + "_" + command.attempt() + "_" + run.delivery();
    }
}
