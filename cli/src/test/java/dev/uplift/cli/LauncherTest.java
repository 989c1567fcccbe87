/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ./uplift} and {@code scripts/*} do before there is any Java. */
final class LauncherTest {
    @ParameterizedTest
    @ValueSource(strings = {"NOTHING", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})
    void theJdkIsFoundWhateverOptionsAllJavasGet(String variable) throws Exception {
        Path java = Path.of(System.getProperty("java.home"));
        ProcessBuilder builder = new ProcessBuilder(
                        List.of("bash", "-c", ". ../scripts/lib.sh && find_jdk && echo \"$JAVA_HOME\""))
                .redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", java.toString());
        builder.environment().put(variable, "-Duplift.test=version");

        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.strip()).isEqualTo(java.toString());
    }
}
