/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code pg_restore} says when it goes on past an error. */
class RefusalTest {
    private static final String TWO = """
        pg_restore: error: could not execute query: ERROR:  permission denied to create event trigger "seen"
        HINT:  Must be superuser to create an event trigger.
        Command was: CREATE EVENT TRIGGER seen ON ddl_command_end
           EXECUTE FUNCTION public.noticed();


        pg_restore: error: could not execute query: ERROR:  event trigger "seen" does not exist
        Command was: ALTER EVENT TRIGGER seen OWNER TO postgres;

        pg_restore: warning: errors ignored on restore: 2
        """;

    @Test
    void whatWasRefusedIsTheStatementAndTheServersReason() {
        assertThat(Refusal.of(TWO))
                .containsExactly(
                        new Refusal(
                                "CREATE EVENT TRIGGER seen ON ddl_command_end    EXECUTE FUNCTION public.noticed()",
                                "permission denied to create event trigger \"seen\""),
                        new Refusal(
                                "ALTER EVENT TRIGGER seen OWNER TO postgres", "event trigger \"seen\" does not exist"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"FEHLER", "ERREUR"})
    void aServerMaySpeakAnyLanguage(String error) {
        assertThat(Refusal.of(TWO.replace("ERROR:", error + ":"))).isEqualTo(Refusal.of(TWO));
    }

    @Test
    void aServerThatGoesAwayIsNoRefusal() {
        assertThat(Refusal.of(TWO
                        + "pg_restore: error: could not execute query: FATAL:  terminating connection due to"
                        + " administrator command\n"))
                .isEmpty();
        assertThat(Refusal.of("pg_restore: error: connection to server failed\n"))
                .isEmpty();
    }

    @Test
    void whatHadNoEffectIsToldBesideWhatWasRefused() {
        List<String> missing = List.of(
                "CREATE EVENT TRIGGER seen ON ddl_command_end    EXECUTE FUNCTION public.noticed();   ALTER EVENT"
                        + " TRIGGER seen OWNER TO postgres;",
                "CREATE PUBLICATION everything FOR ALL TABLES;");

        assertThat(Refusal.unexplained(missing, Refusal.of(TWO)))
                .containsExactly(new Refusal("CREATE PUBLICATION everything FOR ALL TABLES", "it had no effect"));
    }

    @Test
    void ofTooManyRefusalsTheLastThatWasCutOffIsLeftOut() {
        String many = TWO.repeat(200);

        assertThat(Refusal.of(many.substring(0, 64 * 1024))).hasSizeGreaterThan(100);
    }
}
