/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The oracle's own positive controls. */
class StandInLedgerTest {
    @TempDir
    Path directory;

    private StandInLedger ledger(String... lines) throws IOException {
        Path file = directory.resolve("ledger.jsonl");
        Files.writeString(file, String.join("\n", lines));
        return StandInLedger.read(file);
    }

    private static String line(int second, int pid, String version, String event, String database) {
        return """
                {"at":"2026-01-01T00:00:%02dZ","pid":%d,"version":"%s","event":"%s","database":"%s","detail":""}""".formatted(second, pid, version, event, database);
    }

    @Test
    void versionsThatFollowEachOtherAreFine() throws IOException {
        assertThat(ledger(
                                line(1, 1, "v0.50.3", "start", "db"),
                                line(2, 1, "v0.50.3", "stop", "db"),
                                line(3, 2, "v0.51.2", "start", "db"),
                                line(4, 2, "v0.51.2", "stop", "db"),
                                "")
                        .violations())
                .isEmpty();
    }

    @Test
    void aVersionThatStartsBeforeTheOtherHasStoppedIsAViolation() throws IOException {
        assertThat(ledger(
                                line(1, 1, "v0.50.3", "start", "db"),
                                line(2, 2, "v0.51.2", "start", "db"),
                                line(3, 1, "v0.50.3", "stop", "db"),
                                line(4, 2, "v0.51.2", "stop", "db"),
                                "")
                        .violations())
                .hasSize(1);
    }

    @Test
    void anotherDatabaseAndALockedFileAreNoViolation() throws IOException {
        assertThat(ledger(
                                line(1, 1, "v0.50.3", "start", "db"),
                                line(2, 2, "v0.51.2", "start", "clone"),
                                line(3, 3, "v0.51.2", "start", "db"),
                                line(4, 3, "v0.51.2", "locked-out", "db"),
                                line(5, 3, "v0.51.2", "stop", "db"),
                                line(6, 2, "v0.51.2", "stop", "clone"),
                                line(7, 1, "v0.50.3", "stop", "db"),
                                "{\"at\":\"2026-01-01T00:00:08Z\",\"pi")
                        .violations())
                .isEmpty();
    }

    @Test
    void aProcessWithTheIdOfAnEarlierOneIsAnotherStart() throws IOException {
        assertThat(ledger(
                                line(1, 1, "v0.50.3", "start", "db"),
                                line(2, 1, "v0.50.3", "stop", "db"),
                                line(3, 1, "v0.51.2", "start", "db"),
                                line(4, 1, "v0.51.2", "stop", "db"),
                                line(5, 1, "v0.50.3", "start", "db"),
                                line(6, 1, "v0.50.3", "stop", "db"),
                                "")
                        .violations())
                .isEmpty();
    }

    @Test
    void anAbsentLedgerIsEmpty() {
        assertThat(StandInLedger.read(directory.resolve("none")).entries()).isEmpty();
    }
}
