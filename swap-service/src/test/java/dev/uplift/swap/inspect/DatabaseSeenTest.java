/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.Inspection;
import dev.uplift.swap.inspect.NamedDatabases.Naming;
import dev.uplift.swap.inspect.NamedDatabases.NodePlace;
import dev.uplift.testbed.Sample;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the table of the operations manual says of every way to name a database is so, with real parts: every seventh
 * cell, or all with {@code -Duplift.sample.every=1}.
 */
@RequiresDocker
class DatabaseSeenTest {
    private static final Path MANUAL = Path.of("..", "docs", "operations.md");
    private static final List<NodePlace> COLUMNS = List.of(NodePlace.PROCESS, NodePlace.UNIT, NodePlace.CONTAINER);

    private static final Pattern ROW = Pattern.compile("\\| (H2|PostgreSQL) \\| .+( \\| (seen|refused)){3} \\|");

    private static final NamedDatabases DATABASES = new NamedDatabases();

    @AfterAll
    static void close() {
        DATABASES.close();
    }

    /** A cell of the table. */
    record Row(NodePlace node, Naming naming, String outcome) {
        @Override
        public String toString() {
            return node + ", " + naming.database() + " named by " + naming.text() + ": " + outcome;
        }
    }

    static Stream<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (Naming naming : Naming.values()) {
            String begin = "| " + naming.database() + " | " + naming.text() + " | ";
            String line = Files.readAllLines(MANUAL).stream()
                    .filter(row -> row.startsWith(begin))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("the manual has no row " + begin));
            String[] cells =
                    line.substring(begin.length()).replaceFirst(" \\|$", "").split(" \\| ", -1);
            assertThat(cells).hasSameSizeAs(COLUMNS);
            for (int i = 0; i < cells.length; i++) {
                rows.add(new Row(COLUMNS.get(i), naming, cells[i]));
            }
        }
        return Sample.of(rows, 7).stream().sorted((left, right) -> left.node().compareTo(right.node()));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theManualIsRight(Row row) throws Exception {
        try (NamedDatabases.Running running = DATABASES.start(row.node(), row.naming())) {
            Inspection answer = running.inspect(false);

            switch (row.outcome()) {
                case "seen" -> {
                    assertThat(answer).isInstanceOf(Inspection.Found.class);
                    Inspection.Found found = (Inspection.Found) answer;
                    assertThat(database(found).verdict()).isEqualTo(Check.Verdict.OK);
                    assertThat(found.installation().databaseAssumedFor()).isEmpty();
                }
                case "refused" -> {
                    assertThat(answer)
                            .isInstanceOfSatisfying(
                                    Inspection.Refused.class,
                                    refused -> assertThat(refused.detail())
                                            .contains("nothing shows that it works on", "--assume-database"));
                    Inspection.Found assumed = (Inspection.Found) running.inspect(true);
                    assertThat(database(assumed).verdict()).isEqualTo(Check.Verdict.WARN);
                    assertThat(assumed.installation().databaseAssumedFor()).containsExactly("node-1");
                }
                default -> throw new AssertionError("the manual says " + row.outcome());
            }
        }
    }

    @Test
    void theManualHasNoOtherRows() throws Exception {
        assertThat(Files.readAllLines(MANUAL).stream().filter(ROW.asMatchPredicate()))
                .hasSameSizeAs(Arrays.asList(Naming.values()));
    }

    @Test
    void anEmptyDatabaseIsRefusedAlsoWhereItIsToBeAssumed() throws Exception {
        try (NamedDatabases.Running running = DATABASES.startOnAnotherThanTheEmptyOneThatIsNamed()) {
            for (boolean assume : new boolean[] {false, true}) {
                assertThat(running.inspect(assume))
                        .isInstanceOfSatisfying(
                                Inspection.Refused.class,
                                refused -> assertThat(refused.detail())
                                        .contains("/empty", "it has no table databasechangelog"));
            }
        }
    }

    private static Check database(Inspection.Found found) {
        return found.checks().stream()
                .filter(check -> check.name().equals("database"))
                .findFirst()
                .orElseThrow();
    }
}
