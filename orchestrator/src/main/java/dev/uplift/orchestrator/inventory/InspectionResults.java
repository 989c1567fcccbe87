/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.intake.ResultBatch;
import dev.uplift.orchestrator.intake.ResultHandler;
import dev.uplift.orchestrator.publish.Outgoing;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What hosts answer to registrations. An answer to one that is over changes nothing. */
@Singleton
final class InspectionResults implements ResultHandler<Inspection> {
    private final Registration registration;
    private final InstallationStore installations;
    private final HostRepository hostTable;
    private final FenceTakings fences;
    private final Outbox outbox;
    private final Duration silenceMax;
    private final Clock clock;

    InspectionResults(
            Registration registration,
            InstallationStore installations,
            HostRepository hostTable,
            FenceTakings fences,
            Outbox outbox,
            RegistrationSettings settings,
            Clock clock) {
        this.registration = registration;
        this.installations = installations;
        this.hostTable = hostTable;
        this.fences = fences;
        this.outbox = outbox;
        this.silenceMax = settings.deadline();
        this.clock = clock;
    }

    @Override
    public Class<Inspection> type() {
        return Inspection.class;
    }

    @Override
    public boolean isFrom(ServiceName service) {
        return service == ServiceName.SWAP;
    }

    @Override
    public boolean isSign(Inspection answer) {
        return answer instanceof Inspection.Underway;
    }

    @Override
    public Optional<DatabaseSeen> database(Inspection answer) {
        return answer instanceof Inspection.Found found ? Optional.ofNullable(found.database()) : Optional.empty();
    }

    @Override
    public void lockBefore(ResultBatch<Inspection> batch) {
        Map<String, HostEntry> _ = hostTable.hold(hostNames(batch.bodies()));
    }

    @Override
    public void handle(ResultBatch<Inspection> batch) {
        List<Inspection> answers = batch.bodies();
        Instant now = clock.instant();
        Map<String, HostEntry> hosts = hostTable.find(hostNames(answers));
        Map<UUID, Installation> rows = new HashMap<>(installations.lock(
                answers.stream().map(Inspection::installationId).toList()));
        Map<UUID, Inspection.Requested> questions = new HashMap<>(installations.questions(rows.keySet()));
        Map<String, Installation> owners = new HashMap<>(installations.owners(identities(answers)));
        Acceptance acceptance = new Acceptance(installations, fences, owners, batch.databases(), hosts);
        List<Installation> changed = new ArrayList<>();
        Set<UUID> underway = new HashSet<>();
        for (Inspection answer : answers) {
            Installation row = rows.get(answer.installationId());
            if (row == null || row.state() != InstallationStatus.State.REGISTERING) {
                continue;
            }
            Inspection.Requested question = questions.get(row.id());
            Installation next = switch (answer) {
                case Inspection.Requested _ -> row;
                case Inspection.Underway _ -> {
                    underway.add(row.id());
                    yield row;
                }
                case Inspection.Refused refused ->
                    row.refused(refused.code().wireName() + ": " + refused.detail(), now);
                case Inspection.Found found ->
                    switch (acceptance.of(row, found, question)) {
                        case Acceptance.Verdict.Refused(String why) -> row.refused(why, now);
                        case Acceptance.Verdict.Taken() -> {
                            fenceTaken(row, question);
                            yield row.found(found, now);
                        }
                        case Acceptance.Verdict.Late() -> row;
                        case Acceptance.Verdict.Accepted(Inspection.Requested again) -> {
                            questions.put(row.id(), again);
                            installations.expect(again, found.installation().databaseIdentity(), silenceMax);
                            outbox.append(List.of(Outgoing.inspect(again, now)));
                            yield row;
                        }
                    };
            };
            if (next.rev() > row.rev()) {
                rows.put(next.id(), next);
                changed.add(next);
            }
        }
        installations.extend(underway, silenceMax);
        registration.save(changed);
    }

    private void fenceTaken(Installation row, Inspection.@Nullable Requested question) {
        UUID from = question == null || question.accepted() == null
                ? null
                : question.accepted().fenceOf();
        fences.open(row).ifPresent(wish -> fences.taken(wish, from == null ? List.of() : List.of(from)));
    }

    private static List<String> hostNames(Collection<Inspection> answers) {
        return answers.stream()
                .flatMap(answer -> answer instanceof Inspection.Found found
                        ? found.installation().hosts().stream().map(HostSpec::name)
                        : Stream.empty())
                .toList();
    }

    private static List<String> identities(Collection<Inspection> answers) {
        List<String> identities = new ArrayList<>();
        for (Inspection answer : answers) {
            if (answer instanceof Inspection.Found found) {
                identities.add(found.installation().databaseIdentity());
            }
        }
        return identities;
    }
}
