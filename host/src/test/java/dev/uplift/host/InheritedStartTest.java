/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.testbed.RequiresRoot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InheritedStartTest {
    private static final long NOBODY = 65534;
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    @Test
    void noValueOfAVariableIsInACommandLineBeforeTheUserIsThere() throws Exception {
        InheritedStart start = InheritedStart.of(launch(Map.of("PLAIN", "hush", "odd.name", "hush")), 0);

        assertThat(start.words()).noneMatch(word -> word.contains("hush"));
        assertThat(start.input()).contains("export 'PLAIN=hush'", "'odd.name=hush'");
        assertThat(ShellVariables.shown(Map.of("PLAIN", "1", "PWD", "/", "odd.name", "1")))
                .containsExactly("odd.name");
    }

    @Test
    @RequiresRoot
    void capabilitiesThatMayNotBeGivenAreLeftOut() throws Exception {
        Exec command = Exec.of(launch(Map.of("A", "b")).withArgv(List.of("/bin/sh", "-c", "id -u; echo $A")), 0, LONG);
        List<String> argv =
                new ArrayList<>(List.of("/usr/bin/setpriv", "--inh-caps=-setpcap", "--bounding-set=-setpcap", "--"));
        argv.addAll(command.argv());

        Exec.Result result = new Exec(argv, Path.of("/"), command.environment(), command.input(), LONG, 1000).run();

        assertThat(result).isEqualTo(new Exec.Result(0, NOBODY + "\nb\n", ""));
    }

    @Test
    void thatRootMayNotGiveThemIsSaid() throws Exception {
        String theirs = "Umask:\t0022\nUid:\t0\t0\t0\t0\nCapBnd:\t000001fffdffffff\nCapAmb:\t0000000000000000\n";
        String own = "Uid:\t0\t0\t0\t0\nCapBnd:\t000001ffffffffff\nCapPrm:\t%1$s\nCapEff:\t%1$s\n";

        assertThat(lost(theirs, own.formatted("000001fffffffeff"))).contains("its capabilities");
        assertThat(lost(theirs, own.formatted("000001ffffffffff"))).doesNotContain("its capabilities");
    }

    private static List<String> lost(String theirs, String own) throws Exception {
        return HowStartedText.of(
                        1,
                        List.of("1 status =" + base64(theirs), "2 status =" + base64(own)).stream()
                                .collect(Collectors.joining("\n")))
                .lost();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private Launch launch(Map<String, String> environment) {
        return SleeperJar.launch(directory, List.of(), environment, NOBODY, NOBODY)
                .as(new HowStarted(
                        new Inherited(null, null, null, null, null, null, Map.of(), List.of(10), List.of(25), false),
                        Optional.empty(),
                        List.of(),
                        List.of()));
    }
}
