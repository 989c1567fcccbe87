/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.orchestrator.database.DatabaseIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a worker's answer is compared with before it counts.
 *
 * @param databases those that the answers name
 */
record AnswerChecks(DatabaseIds databases) {
    /** Why it cannot be honest. */
    static Optional<String> forgery(SagaRow row, SagaInput.Answer answer) {
        StepResult result = answer.result();
        if (!result.installationId().equals(row.installationId())) {
            return Optional.of("the result names another installation than its upgrade");
        }
        if (result.stepIndex() >= row.plan().steps().size()) {
            return Optional.of("the result is about a step that its upgrade does not have");
        }
        StepName step = row.plan().step(result.stepIndex());
        if (step.service() != answer.service()) {
            return Optional.of("step " + step + " is not taken by the "
                    + answer.service().wireName() + " service, so " + Topics.results(answer.service())
                    + " cannot have its result");
        }
        return Optional.empty();
    }

    /**
     * What an answer of PREFLIGHT comes to where the database says that it is another installation's: a refusal, and in a
     * dry run a check that has failed. Empty: it does not say so, and is the installation's own from now on.
     */
    Optional<StepResult> onDatabaseOfAnother(SagaRow row, SagaInput.Answer answer) {
        if (!(answer.result() instanceof StepResult.Succeeded succeeded)
                || !(succeeded.output() instanceof StepOutput.NodesChecked checked)) {
            return Optional.empty();
        }
        return Optional.ofNullable(checked.database())
                .flatMap(seen -> databases
                        .claim(row.installationId(), row.installation(), seen)
                        .map(owner -> DatabaseIds.belongsTo(
                                owner, row.order().installation().database(), seen)))
                .map(problem -> row.kind() == UpgradeStatus.Kind.PLAN
                        ? succeeded.withOutput(withFailure(checked, problem))
                        : succeeded.refused(ErrorCode.PREFLIGHT_REFUSED, problem));
    }

    private static StepOutput withFailure(StepOutput.NodesChecked checked, String problem) {
        List<Check> checks = new ArrayList<>(checked.checks());
        checks.add(new Check("database.identity", Check.Verdict.FAIL, problem));
        return new StepOutput.NodesChecked(checked.running(), checks, checked.composed());
    }
}
