package dev.uplift.swap;

import dev.uplift.docker.Reach;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.swap.site.Site;
import java.util.List;

/** The site of tests. */
public final class TestSite {
    private TestSite() {}

    /** With the logins of this process's user alone. */
    public static Site of(Reach reach) {
        return new Site(reach, RegistryLogins.configured(reach.local(), List.of()));
    }
}
