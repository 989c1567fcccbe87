/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.profile.DatabaseRules;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.inspect.Candidate.Usable;
import dev.uplift.swap.site.Site;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Tells which of the applications that were found work on one database, by whatever name each calls it: the servers are
 * asked, as when a node joins an installation. Where they cannot be, or time is up, the names decide. Who use a server as
 * different users are never nodes of one installation.
 */
record SharedDatabases(Site site, Profiles profiles, Duration most) {

    /**
     * The same candidates, in their order; those of one database name it as the first of them does. One whose database
     * has the name of another, but is another, cannot be registered besides that.
     */
    List<Candidate> distinguished(Collection<Candidate> candidates) throws InterruptedException {
        long begun = System.nanoTime();
        List<Usable> firsts = new ArrayList<>();
        List<Candidate> all = new ArrayList<>();
        for (Candidate candidate : candidates) {
            all.add(candidate instanceof Usable usable ? distinguished(usable, firsts, begun) : candidate);
        }
        return all;
    }

    private Candidate distinguished(Usable usable, List<Usable> firsts, long begun) throws InterruptedException {
        for (Usable first : firsts) {
            boolean named =
                    usable.answer().databaseIdentity().equals(first.answer().databaseIdentity());
            boolean inTime = System.nanoTime() - begun < most.toNanos();
            if (isOneUser(usable, first) && (inTime ? isOne(usable, first, named) : named)) {
                return usable.onDatabaseOf(first);
            }
            if (named) {
                return usable.refused("its database has the address of that of " + first.place()
                        + ", but is another, or is used as another user; Uplift tells databases by their addresses: give"
                        + " one of them another name");
            }
        }
        firsts.add(usable);
        return usable;
    }

    private static boolean isOneUser(Usable one, Usable other) {
        return !(one.installation().database() instanceof DatabaseSpec.PostgreSql server
                && other.installation().database() instanceof DatabaseSpec.PostgreSql another
                && !server.user().equals(another.user()));
    }

    private boolean isOne(Usable one, Usable other, boolean named) throws InterruptedException {
        if (!(one.installation().database() instanceof DatabaseSpec.PostgreSql server)
                || !(other.installation().database() instanceof DatabaseSpec.PostgreSql another)
                || !server.database().equals(another.database())) {
            return named;
        }
        try {
            return site.database(one.installation(), rules(one), one.launch())
                    .isSame(site.database(other.installation(), rules(other), other.launch()));
        } catch (IOException | SQLException e) {
            return named;
        }
    }

    private DatabaseRules rules(Usable usable) {
        String name = usable.answer().profile();
        Profile profile = profiles.byName(name)
                .orElseThrow(() -> new IllegalStateException("profile " + name + " recognised something and is gone"));
        return profile.database();
    }
}
