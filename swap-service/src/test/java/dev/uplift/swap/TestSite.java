/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap;

import dev.uplift.docker.HostConnections;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.swap.site.Site;
import java.util.List;

/** The site of tests. */
public final class TestSite {
    private TestSite() {}

    /** With the logins of this process's user alone. */
    public static Site of(HostConnections connections) {
        return new Site(connections, RegistryLogins.configured(connections.local(), List.of()));
    }
}
