/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.FenceToken;
import dev.uplift.host.FencedException;
import dev.uplift.messaging.OneLine;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.site.Site;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Gives an installation the fences beside its nodes, whomever they belong to. All nodes are looked at before the first
 * fence is taken; asked again, it goes on where it was cut off. What is not over on a node of an upgrade of another
 * installation keeps everything as it is.
 */
public final class FenceTaker {
    private final Site site;

    public FenceTaker(Site site) {
        this.site = site;
    }

    /** Takes them, or says in one line why not. */
    public FenceTaking take(FenceTaking.Requested asked) throws InterruptedException {
        try {
            return new FenceTaking.Taken(asked.takingId(), asked.installationId(), taken(asked));
        } catch (StepFailure e) {
            return refused(asked, e.code(), e.detail());
        } catch (FencedException | FenceBusyException e) {
            return refused(asked, ErrorCode.INTERFERED, e.getMessage());
        } catch (IOException e) {
            StepFailure failure = Refusals.FAILURES.of(e);
            return refused(asked, failure.code(), failure.detail());
        }
    }

    private List<UUID> taken(FenceTaking.Requested asked) throws IOException, InterruptedException, FencedException {
        InstallationSpec installation = asked.installation();
        Map<Node, UUID> others = new LinkedHashMap<>();
        for (NodeSpec spec : installation.nodes()) {
            Node node = site.node(installation, spec);
            Refusals.requireNoOtherSaga(node.host(), installation.id(), node.directory());
            Optional<UUID> owner = node.fence().last().map(FenceToken::installationId);
            if (owner.isPresent() && asked.spared().contains(owner.get())) {
                throw StepFailure.refused(
                        ErrorCode.INTERFERED,
                        node.place() + " belongs to installation " + owner.get()
                                + ", of which an upgrade is under way");
            }
            if (owner.isPresent() && !owner.get().equals(installation.id())) {
                others.put(node, owner.get());
            }
        }
        for (Map.Entry<Node, UUID> other : others.entrySet()) {
            other.getKey().fence().claim(installation.id(), other.getValue()).close();
        }
        return new ArrayList<>(others.values());
    }

    private static FenceTaking refused(FenceTaking.Requested asked, ErrorCode code, @Nullable String detail) {
        return new FenceTaking.Refused(asked.takingId(), asked.installationId(), code, OneLine.of(detail));
    }
}
