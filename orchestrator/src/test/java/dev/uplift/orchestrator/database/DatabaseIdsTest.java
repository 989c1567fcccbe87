/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DatabaseIdsTest {
    private static final String RUN = "postgresql-run:20260728T101500.000001/met";
    private static final String ID = "postgresql:7000000000000000001/16384";
    private static final DatabaseSpec NAMED = new DatabaseSpec.H2("local", "/srv/sales/metabase.db.mv.db", null, null);

    private final DatabaseIds databases = DatabaseIds.none();

    @Test
    void aRefusalNamesWhatBothSayOfThemselves() {
        claim("told-less", new DatabaseSeen(RUN, List.of(), RUN));

        assertThat(claim("told-more", new DatabaseSeen(ID, List.of(), RUN)))
                .contains("is that of installation told-less", "both say that they are " + RUN + ";");
    }

    @Test
    void ofTwoThatSayTheSameOfAllTheLastingOneIsNamed() {
        claim("first", new DatabaseSeen(ID, List.of(), RUN));

        assertThat(claim("second", new DatabaseSeen(ID, List.of(), RUN)))
                .contains("both say that they are " + ID + ";");
    }

    private String claim(String name, DatabaseSeen seen) {
        return databases
                .claim(UUID.randomUUID(), name, seen)
                .map(owner -> DatabaseIds.belongsTo(owner, NAMED, seen))
                .orElse("");
    }
}
