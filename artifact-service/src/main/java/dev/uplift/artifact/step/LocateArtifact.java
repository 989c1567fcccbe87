package dev.uplift.artifact.step;

import static dev.uplift.artifact.address.AddressPolicy.display;

import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.store.ReleaseTable;
import dev.uplift.artifact.store.ReleaseTable.Recorded;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.artifact.transfer.TransferFailedException;
import dev.uplift.artifact.transfer.TransferLimits;
import dev.uplift.contract.Check;
import dev.uplift.contract.Check.Verdict;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.docker.RegistryLogins;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.worker.StepHandler;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.messaging.worker.StepRun;
import dev.uplift.profile.Profiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Step LOCATE: what a fetch would bring, without fetching it, for every kind of artifact that the nodes need. Changes nothing; asks the server with HEAD. */
public final class LocateArtifact implements StepHandler {
    private final Profiles profiles;
    private final HttpSource source;
    private final TransferLimits limits;
    private final ArtifactStore store;
    private final ReleaseTable releases;
    private final RegistryLogins logins;

    public LocateArtifact(
            Profiles profiles,
            HttpSource source,
            TransferLimits limits,
            ArtifactStore store,
            ReleaseTable releases,
            RegistryLogins logins) {
        this.profiles = profiles;
        this.source = source;
        this.limits = limits;
        this.store = store;
        this.releases = releases;
        this.logins = logins;
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws IOException {
        Wanted wanted;
        try {
            wanted = Wanted.of(command, profiles);
        } catch (TransferFailedException e) {
            return e.outcome();
        }
        List<Check> checks = new ArrayList<>();
        checks.add(version(wanted));
        List<StepOutput.Located> located = new ArrayList<>();
        if (wanted.jar().isPresent()) {
            located.add(jar(wanted, wanted.jar().get(), run, checks));
        }
        for (Wanted.Image image : wanted.images()) {
            checks.add(image(wanted, image, run));
            located.add(new StepOutput.Located(display(image.url()), null, false));
        }
        return outcome(command, new StepOutput.ArtifactsLocated(located, checks));
    }

    private StepOutput.Located jar(Wanted wanted, Wanted.Jar jar, StepRun run, List<Check> checks) throws IOException {
        Optional<Recorded> recorded = releases.find(wanted.key());
        checks.add(hash(jar, recorded));
        Optional<Path> stored = Optional.ofNullable(jar.pinned())
                .or(() -> recorded.map(Recorded::sha256))
                .flatMap(store::find);
        OptionalLong size = stored.isPresent() ? OptionalLong.of(Files.size(stored.get())) : ask(jar, run, checks);
        if (size.isPresent()) {
            checks.add(room(size.getAsLong(), stored.isPresent()));
        }
        return new StepOutput.Located(
                display(jar.url()), size.isPresent() ? size.getAsLong() : null, stored.isPresent());
    }

    private static StepOutcome outcome(StepCommand command, StepOutput.ArtifactsLocated located) {
        Optional<Check> failure = located.checks().stream()
                .filter(check -> check.verdict() == Verdict.FAIL)
                .findFirst();
        if (failure.isPresent() && !command.dryRun()) {
            return StepOutcome.refused(
                    ErrorCode.PREFLIGHT_REFUSED, failure.get().detail());
        }
        return StepOutcome.done(located);
    }

    private Check image(Wanted wanted, Wanted.Image image, StepRun run) throws IOException {
        try {
            String sha256 = new ImageDigests(source, releases, logins)
                    .resolve(wanted, image, run)
                    .sha256();
            return check("artifact.image", Verdict.OK, image.repository().name() + "@sha256:" + sha256);
        } catch (TransferFailedException e) {
            return check("artifact.image", Verdict.FAIL, e.detail());
        }
    }

    private static Check version(Wanted wanted) {
        try {
            wanted.requireUpgrade();
            return check("artifact.version", Verdict.OK, wanted.from() + " to " + wanted.version());
        } catch (TransferFailedException e) {
            return check("artifact.version", Verdict.FAIL, e.detail());
        }
    }

    private static Check hash(Wanted.Jar jar, Optional<Recorded> recorded) {
        String pinned = jar.pinned();
        if (recorded.isPresent()) {
            String known = recorded.get().sha256();
            return pinned != null && !pinned.equals(known)
                    ? check(
                            "artifact.hash",
                            Verdict.FAIL,
                            "this version was fetched before with the SHA-256 " + known + ", pinned is " + pinned)
                    : check("artifact.hash", Verdict.OK, "as fetched before: " + known);
        }
        return pinned != null
                ? check("artifact.hash", Verdict.OK, "pinned by the operator: " + pinned)
                : check(
                        "artifact.hash",
                        Verdict.WARN,
                        "not pinned: what is fetched first will be taken for this version");
    }

    private OptionalLong ask(Wanted.Jar jar, StepRun run, List<Check> checks) {
        try (HttpSource.Reply reply = source.ask("HEAD", jar.url(), Map.of(), run::cancelled)) {
            int status = reply.status();
            String where = display(reply.url());
            switch (status) {
                case 200 -> {
                    checks.add(check("artifact.reachable", Verdict.OK, where + " has it"));
                    return reply.length();
                }
                case 403, 405, 501 ->
                    checks.add(check(
                            "artifact.reachable", Verdict.WARN, where + " answers " + status + " to a HEAD request"));
                default -> checks.add(check("artifact.reachable", Verdict.FAIL, where + " answers " + status));
            }
        } catch (TransferFailedException e) {
            checks.add(check("artifact.reachable", Verdict.FAIL, e.detail()));
        }
        return OptionalLong.empty();
    }

    private Check room(long sizeBytes, boolean inStore) throws IOException {
        if (sizeBytes > limits.bytesMax()) {
            return check(
                    "artifact.size",
                    Verdict.FAIL,
                    "it has " + sizeBytes + " bytes, at most " + limits.bytesMax()
                            + " are taken (uplift.artifact.max-bytes)");
        }
        long usable = store.usableBytes();
        return inStore || usable > sizeBytes
                ? check("artifact.size", Verdict.OK, sizeBytes + " bytes")
                : check(
                        "artifact.size",
                        Verdict.FAIL,
                        "it has " + sizeBytes + " bytes and the artifact-service's disk has room for " + usable);
    }

    private static Check check(String name, Verdict verdict, String detail) {
        return new Check(name, verdict, OneLine.of(detail));
    }
}
