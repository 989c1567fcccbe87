/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.systemd;

import dev.uplift.host.FencedException;
import dev.uplift.host.Signal;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.jar.JarInstances;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The processes of a unit, and those that somebody started beside it: these are ended by signals. */
final class UnitInstances extends JarInstances {
    private final SystemdNode node;
    private final SystemdUnit unit;

    UnitInstances(SystemdNode node, SystemdUnit unit) {
        super(node);
        this.node = node;
        this.unit = unit;
    }

    @Override
    public void terminate(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        work.runFenced(effect, held -> {
            unit.stop(held);
            for (Instance stray : strays(running)) {
                held.signal(identity(stray), Signal.TERM);
            }
        });
    }

    @Override
    public void kill(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        work.runFenced(effect, held -> {
            if (!unit.state().isDown()) {
                unit.kill(held);
            }
            for (Instance stray : strays(running)) {
                held.signal(identity(stray), Signal.KILL);
            }
        });
    }

    @Override
    public Optional<String> remains() throws IOException, InterruptedException {
        SystemdUnit.State state = unit.state();
        return state.isDown() ? super.remains() : Optional.of(unit.name() + " is still " + state.get("ActiveState"));
    }

    @Override
    public Optional<String> endedBy(Instance instance) throws IOException, InterruptedException {
        if (!unit.state().wasTerminated()) {
            return Optional.empty();
        }
        if (unit.isHostStopping()) {
            throw unit.hostLost();
        }
        return Optional.of(unit.name() + " was stopped by somebody else, and is kept from being started again"
                + " while the upgrade is under way or parked: a retry starts it, a cancel goes back");
    }

    /** Those that the unit did not start. */
    private List<Instance> strays(List<Instance> running) throws IOException {
        List<Instance> strays = new ArrayList<>();
        for (Instance instance : running) {
            if (node.isStray(instance)) {
                strays.add(instance);
            }
        }
        return strays;
    }
}
