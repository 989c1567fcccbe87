package dev.uplift.swap.node;

import dev.uplift.contract.Check;
import java.util.ArrayList;
import java.util.List;

/** What was looked at before anything is changed. */
public final class CheckList {
    private final boolean restoring;
    private final List<Check> checks = new ArrayList<>();

    /** {@code restoring}: an old backup is put back, which may begin with an application that is down. */
    public CheckList(boolean restoring) {
        this.restoring = restoring;
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
    public void unlessRestoring(String name, String detail) {
        if (restoring) {
            warn(name, detail);
        } else {
            fail(name, detail);
        }
    }

    public List<Check> all() {
        return List.copyOf(checks);
    }
}
