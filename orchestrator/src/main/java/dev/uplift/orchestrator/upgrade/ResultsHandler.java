package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.CommandRefused;
import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.Discovery;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.BatchHandler;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.DeadLetters;
import dev.uplift.messaging.Inbox;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.inventory.DatabaseIds;
import dev.uplift.orchestrator.inventory.Discoveries;
import dev.uplift.orchestrator.inventory.FenceTakings;
import dev.uplift.orchestrator.inventory.Registration;
import dev.uplift.orchestrator.sql.LockOrder;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what workers answer. Copies are dropped by the inbox; signs of life do not go through it, because
 * a copy of one does no harm and there are many. What has the id of another message is no copy: it is refused.
 */
@Singleton
public final class ResultsHandler implements BatchHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ResultsHandler.class);

    private final Inbox inbox;
    private final DeadLetters deadLetters;
    private final IncidentRepository incidents;
    private final Database database;
    private final LockOrder locks;
    private final SagaRuntime sagas;
    private final Registration registration;
    private final Discoveries discoveries;
    private final FenceTakings fences;

    ResultsHandler(
            MessagingRuntime messaging,
            LockOrder locks,
            SagaRuntime sagas,
            Registration registration,
            Discoveries discoveries,
            FenceTakings fences,
            IncidentRepository incidents) {
        this.inbox = messaging.inbox();
        this.deadLetters = messaging.deadLetters();
        this.sagas = sagas;
        this.registration = registration;
        this.discoveries = discoveries;
        this.fences = fences;
        this.incidents = incidents;
        this.database = messaging.database();
        this.locks = locks;
    }

    @Override
    public void handle(List<Received> batch) {
        DatabaseIds databases = DatabaseIds.hold(database, locks, databases(batch));
        Inbox.Claims claims = inbox.claim(batch.stream()
                .map(Received::message)
                .filter(message -> !isSign(message.body()))
                .toList());
        List<Received> results = new ArrayList<>();
        List<SagaInput> inputs = new ArrayList<>();
        List<Inspection> inspections = new ArrayList<>();
        List<Discovery> found = new ArrayList<>();
        List<FenceTaking> takings = new ArrayList<>();
        for (Received received : batch) {
            Message message = received.message();
            if (!isSign(message.body()) && !claims.first(message)) {
                if (claims.reused(message)) {
                    deadLetters.refuse(received, DeadLetters.ID_REUSED, incidents);
                }
                continue;
            }
            switch (message.body()) {
                case StepResult.Progressed progressed -> {
                    results.add(received);
                    inputs.add(SagaInput.of(progressed, service(received), message.time()));
                }
                case StepResult result -> {
                    results.add(received);
                    inputs.add(SagaInput.of(result, service(received), message.time()));
                }
                case Inspection inspection when service(received) == ServiceName.SWAP -> inspections.add(inspection);
                case Discovery discovery when service(received) == ServiceName.SWAP -> found.add(discovery);
                case FenceTaking taking when service(received) == ServiceName.SWAP -> takings.add(taking);
                case CommandRefused refused -> incidents.record(refused.source(), refused.problem());
                default -> deadLetters.refuse(received, "no result: " + message.type(), incidents);
            }
        }
        registration.holdHosts(inspections);
        List<SagaInput.Outcome> outcomes = sagas.apply(inputs, databases);
        registration.inspected(inspections, databases);
        discoveries.answered(found);
        fences.answered(takings);
        databases.write(database);
        for (int i = 0; i < outcomes.size(); i++) {
            note(results.get(i), outcomes.get(i));
        }
    }

    private static boolean isSign(Object body) {
        return body instanceof StepResult.Progressed || body instanceof Inspection.Underway;
    }

    private static Set<String> databases(List<Received> batch) {
        Set<String> ids = new HashSet<>();
        for (Received received : batch) {
            DatabaseSeen seen = switch (received.message().body()) {
                case Inspection.Found found -> found.database();
                case StepResult.Succeeded succeeded
                when succeeded.output() instanceof StepOutput.NodesChecked checked -> checked.database();
                default -> null;
            };
            if (seen != null) {
                ids.addAll(seen.ids());
            }
        }
        return ids;
    }

    private void note(Received received, SagaInput.Outcome outcome) {
        switch (outcome) {
            case SagaInput.Outcome.Counted _ -> {}
            case SagaInput.Outcome.Ignored ignored ->
                LOG.debug("{} from {} ignored: {}", received.message().type(), received.topic(), ignored.reason());
            case SagaInput.Outcome.Unknown _ -> deadLetters.refuse(received, "no upgrade has this id", incidents);
            case SagaInput.Outcome.Forged forged -> deadLetters.refuse(received, forged.reason(), incidents);
        }
    }

    private static ServiceName service(Received received) {
        Optional<ServiceName> service = Arrays.stream(ServiceName.values())
                .filter(name -> Topics.results(name).equals(received.topic()))
                .findFirst();
        return service.orElseThrow(() -> new IllegalStateException("not a topic of results: " + received.topic()));
    }
}
