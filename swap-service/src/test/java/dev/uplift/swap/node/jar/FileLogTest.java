/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.host.Launch;
import dev.uplift.host.LocalHost;
import dev.uplift.host.Scrubber;
import dev.uplift.swap.node.NodeLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLogTest {
    @TempDir
    private Path directory;

    @Test
    void theCauseIsShownAndNotTheFramesOfItsStackTrace() throws IOException {
        String shown = shown("""
            10:00:01 ERROR Application run failed

            org.example.BeanException: Error creating bean
            %sCaused by: org.example.FlywayException: Validate failed:
            Migration checksum mismatch for migration version 1

            %s\t... 27 common frames omitted
            """.formatted(
                        "\tat java.base/java.lang.Thread.run(Thread.java:840)\n".repeat(20),
                        "\tat org.example.Flyway$1.execute(Flyway.java:159) ~[flyway.jar!/:6.4]\n".repeat(20)));

        assertThat(shown)
                .isEqualTo("10:00:01 ERROR Application run failed | org.example.BeanException: Error creating bean"
                        + " | Caused by: org.example.FlywayException: Validate failed:"
                        + " | Migration checksum mismatch for migration version 1");
    }

    @Test
    void aTellingLineStaysAlthoughOthersFollow() throws IOException {
        assertThat(shown("Application run failed\n1\n2\n3\n4\n5\n6\n"))
                .isEqualTo("Application run failed | 2 | 3 | 4 | 5 | 6");
    }

    @Test
    void secretsAreTakenOut() throws IOException {
        assertThat(shown("cannot connect with hush-hush-hush\n")).isEqualTo("cannot connect with ***");
    }

    @Test
    void whatIsWrittenToTheFileForErrorsMovesTheMarkAndIsShown() throws IOException {
        Path output = Files.writeString(directory.resolve("out.log"), "before\n");
        Path errors = directory.resolve("err.log");
        NodeLog log = new BothLogs(file(output), file(errors));
        String begin = log.mark();
        Files.writeString(errors, "no such option\n");

        assertThat(log.mark()).isNotEqualTo(begin);
        assertThat(log.since(begin, List.of())).isEqualTo("no such option");
        assertThat(log.since(log.mark(), List.of())).isEqualTo("it wrote nothing");
        assertThat(log.since("", List.of())).isEqualTo("before | no such option");
    }

    private static FileLog file(Path path) {
        return new FileLog(new LocalHost(), path, Scrubber.of(List.of()));
    }

    private String shown(String text) throws IOException {
        Path log = Files.writeString(directory.resolve("application.log"), text);
        Launch launch = new Launch(
                List.of("java", "-jar", "x.jar"),
                Map.of("DB_PASSWORD", "hush-hush-hush"),
                0,
                0,
                List.of(),
                "root",
                directory.toString(),
                "java",
                log.toString(),
                Map.of(),
                null,
                null);
        return new FileLog(new LocalHost(), log, Scrubber.of(launch)).since("", List.of("Application run failed"));
    }
}
