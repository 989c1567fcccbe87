/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JavaCommandLineTest {
    private static final List<String> ARGV =
            List.of("java", "-Da=1", "-Da=2", "-jar", "app.jar", "-Da=3", "--b=4", "--b=5", "--c");

    @Test
    void optionsStandBeforeTheJarAndArgumentsBehindIt() {
        JavaCommandLine command = new JavaCommandLine(ARGV, Map.of());
        assertThat(command.jar()).contains("app.jar");
        assertThat(command.property("a")).contains("2");
        assertThat(command.argument("b")).contains("5");
        assertThat(command.argument("c")).isEmpty();
        assertThat(command.argument("a")).isEmpty();
    }

    @Test
    void theVariablesOfTheJvmCountInItsOrder() {
        assertThat(property(ARGV, Map.of("JAVA_TOOL_OPTIONS", "-Da=0"))).isEqualTo("2");
        assertThat(property(ARGV, Map.of("_JAVA_OPTIONS", "-Da=9"))).isEqualTo("9");
        List<String> bare = List.of("java", "-jar", "app.jar");
        assertThat(property(bare, Map.of("JAVA_TOOL_OPTIONS", "-Da=0", "JDK_JAVA_OPTIONS", "-Da=7")))
                .isEqualTo("7");
        assertThat(property(bare, Map.of("JAVA_TOOL_OPTIONS", "-Da=0"))).isEqualTo("0");
    }

    @Test
    void javaOptsCountsForStartScriptsOnly() {
        Map<String, String> environment = Map.of("JAVA_OPTS", "-Da=6");
        assertThat(property(List.of("/app/run.sh"), environment)).isEqualTo("6");
        assertThat(property(List.of("java", "-jar", "app.jar"), environment)).isEqualTo("none");
    }

    private static String property(List<String> argv, Map<String, String> environment) {
        return new JavaCommandLine(argv, environment).property("a").orElse("none");
    }

    @Test
    void quotationMarksKeepWordsTogether() {
        assertThat(JavaCommandLine.words("-Da=1  -Db='2 3' \"-Dc=4 5\"6 ''"))
                .containsExactly("-Da=1", "-Db=2 3", "-Dc=4 56", "");
        assertThat(JavaCommandLine.words("  ")).isEmpty();
    }

    @Test
    void theJarIsResolvedAgainstTheWorkingDirectory() {
        assertThat(new LaunchView(ARGV, Map.of(), Path.of("/srv")).jar()).contains(Path.of("/srv/app.jar"));
        assertThat(new LaunchView(List.of("java", "-jar", "/opt/../x.jar"), Map.of(), Path.of("/srv")).jar())
                .contains(Path.of("/x.jar"));
        assertThat(new LaunchView(List.of("java", "-jar"), Map.of(), Path.of("/srv")).jar())
                .isEmpty();
    }
}
