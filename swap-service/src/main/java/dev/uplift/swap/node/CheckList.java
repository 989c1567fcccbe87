/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.Check;
import java.util.ArrayList;
import java.util.List;

/** What was looked at before anything is changed. */
public final class CheckList {
    private final boolean mayBeDown;
    private final List<Check> checks = new ArrayList<>();

    /** {@code mayBeDown}: an old backup is put back, or an earlier upgrade has left the node out. */
    public CheckList(boolean mayBeDown) {
        this.mayBeDown = mayBeDown;
    }

    public void ok(String name, String detail) {
        checks.add(new Check(name, Check.Verdict.OK, detail));
    }

    public void warn(String name, String detail) {
        checks.add(new Check(name, Check.Verdict.WARN, detail));
    }

    public void fail(String name, String detail) {
        checks.add(new Check(name, Check.Verdict.FAIL, detail));
    }

    /** Fails, where the application has to be in order. */
    public void unlessDown(String name, String detail) {
        if (mayBeDown) {
            warn(name, detail);
        } else {
            fail(name, detail);
        }
    }

    public List<Check> all() {
        return List.copyOf(checks);
    }
}
