package dev.uplift.swap.step;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.docker.DockerException;
import dev.uplift.docker.DockerLostException;
import dev.uplift.docker.DockerUnreachableException;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.FencedException;
import dev.uplift.host.HostKeyRefusedException;
import dev.uplift.host.HostLostException;
import dev.uplift.host.SecretUnavailableException;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.messaging.worker.StepHandler;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.messaging.worker.StepRun;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.site.Site;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All steps of the swap-service. Each looks at what is there and does what is missing: it may be run
 * again after a death anywhere in it, and so may its undo, which succeeds also where nothing was done.
 */
public final class SwapSteps {
    private static final Logger LOG = LoggerFactory.getLogger(SwapSteps.class);

    private static final int DETAIL_LENGTH_MAX = 2_000;

    private final Site site;
    private final Profiles profiles;
    private final NodeProbe probe;

    public SwapSteps(Site site, Profiles profiles, NodeProbe probe) {
        this.site = site;
        this.profiles = profiles;
        this.probe = probe;
    }

    /** Takes one kind of step in one direction. */
    public record Taken(StepName step, Direction direction, StepHandler handler) {}

    /** Every step of the service, in both directions where it has two. */
    public List<Taken> all() {
        return List.of(
                taken(StepName.PREFLIGHT, Direction.DO, new PreflightStep()),
                taken(StepName.STAGE, Direction.DO, new StageStep()),
                taken(StepName.STAGE, Direction.UNDO, new UnstageStep()),
                taken(StepName.STOP, Direction.DO, new StopStep()),
                taken(StepName.STOP, Direction.UNDO, new ResumeStep()),
                taken(StepName.MIGRATE_DOWN, Direction.UNDO, new MigrateDownStep()),
                taken(StepName.SWITCH, Direction.DO, new SwitchStep()),
                taken(StepName.SWITCH, Direction.UNDO, new RevertStep()),
                taken(StepName.START, Direction.DO, new StartStep()),
                taken(StepName.START, Direction.UNDO, EndStep.halt()),
                taken(StepName.SCALE, Direction.DO, new ScaleStep()),
                taken(StepName.SCALE, Direction.UNDO, EndStep.unscale()),
                taken(StepName.SOAK, Direction.DO, new SoakStep()),
                taken(StepName.COMMIT, Direction.DO, new CommitStep()));
    }

    private Taken taken(StepName step, Direction direction, SwapStep taking) {
        String type = step.commandType(direction);
        return new Taken(step, direction, (command, run) -> {
            long begun = System.nanoTime();
            LOG.info(
                    "{} begins: {} epoch {} attempt {} delivery {}",
                    type,
                    command.installation().name(),
                    command.epoch(),
                    command.attempt(),
                    run.delivery());
            StepOutcome outcome = outcome(taking, command, run);
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            switch (outcome) {
                case StepOutcome.Succeeded _ ->
                    LOG.info(
                            "{} done: {} in {} ms", type, command.installation().name(), took.toMillis());
                case StepOutcome.Failed(ErrorCode code, boolean _, String detail) ->
                    LOG.warn(
                            "{} failed: {} in {} ms: {}: {}",
                            type,
                            command.installation().name(),
                            took.toMillis(),
                            code.wireName(),
                            detail);
            }
            return outcome;
        });
    }

    private StepOutcome outcome(SwapStep taking, StepCommand command, StepRun run) throws Exception {
        try {
            return taking.take(new StepWork(site, command, run, profile(command), probe));
        } catch (StepFailedException e) {
            return new StepOutcome.Failed(e.code(), e.isRetryable(), oneLine(e.detail()));
        } catch (FencedException e) {
            return StepOutcome.refused(ErrorCode.FENCED, oneLine(e.getMessage()));
        } catch (FenceBusyException e) {
            return StepOutcome.failed(ErrorCode.INTERNAL, oneLine(e.getMessage()));
        } catch (HostLostException | DockerLostException | DockerUnreachableException e) {
            return StepOutcome.failed(ErrorCode.HOST_UNREACHABLE, oneLine(e.getMessage()));
        } catch (DockerException e) {
            return StepOutcome.failed(ErrorCode.HOST_UNEXPECTED, oneLine(e.getMessage()));
        } catch (UnexpectedPathException | SecretUnavailableException | HostKeyRefusedException e) {
            return StepOutcome.refused(ErrorCode.HOST_UNEXPECTED, oneLine(e.getMessage()));
        } catch (FileSystemException e) {
            return StepOutcome.failed(
                    ErrorCode.HOST_STORAGE,
                    oneLine(e.getFile() + ": "
                            + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason())));
        }
    }

    private Profile profile(StepCommand command) throws StepFailedException {
        String name = command.installation().profile();
        return profiles.byName(name)
                .orElseThrow(() ->
                        StepFailedException.refused(ErrorCode.INVALID, "there is no profile '" + name + "' here"));
    }

    private static String oneLine(@Nullable String text) {
        String line = String.valueOf(text).replaceAll("\\p{Cntrl}", " ").strip();
        if (line.isEmpty()) {
            return "no reason was given";
        }
        return line.length() > DETAIL_LENGTH_MAX ? line.substring(0, DETAIL_LENGTH_MAX) : line;
    }
}
