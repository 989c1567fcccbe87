/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What counts when two dumps of a schema are compared, and what does not. */
class PostgresSchemaTest {
    @Test
    void whatTheServerNumbersByItselfDoesNotCount() {
        String plain = schema("");

        assertThat(schema("""
                ALTER TABLE ONLY public.report_row ALTER COLUMN writer SET (pg_attver=26606760);
                ALTER TABLE ONLY public.report_row ALTER COLUMN number SET (pg_attver=1);
                """)).isEqualTo(plain);
    }

    @Test
    void whatSomebodyHasSetCounts() {
        String plain = schema("");
        String set = schema("ALTER TABLE ONLY public.report_row ALTER COLUMN writer SET (n_distinct=5);\n");

        assertThat(set).isNotEqualTo(plain);
        assertThat(schema("ALTER TABLE ONLY public.report_row ALTER COLUMN writer SET (pg_attver=7, n_distinct=5);\n"))
                .isEqualTo(set);
        assertThat(schema("ALTER TABLE ONLY public.report_row ALTER COLUMN writer SET (n_distinct=6);\n"))
                .isNotEqualTo(set);
        assertThat(schema("ALTER TABLE ONLY public.report_row ALTER COLUMN writer SET DEFAULT 'pg_attver=7';\n"))
                .isNotEqualTo(plain);
    }

    @Test
    void whatDecoratesTheDataCountsOnlyInBackupsOfTheFirstFormat() {
        PostgresSchema schema = PostgresSchema.of("""
                --
                -- Name: report_row; Type: TABLE; Schema: public; Owner: app
                --

                CREATE TABLE public.report_row (
                    writer text,
                    number bigint
                );


                --
                -- Name: seen; Type: EVENT TRIGGER; Schema: -; Owner: postgres
                --

                CREATE EVENT TRIGGER seen ON ddl_command_end
                   EXECUTE FUNCTION public.seen();
                """);

        assertThat(schema.sha256()).isEqualTo("926033cf79ccbcbed844c3a9259eec001ef9f3d7bdca3ad10d2fdda485561403");
        assertThat(schema.sha256OfEssentials())
                .isEqualTo("047f6afad65c254517bc4335341db7f4d84feeb90f7a1f4eba60c316515fb1b4");
        assertThat(PostgresContent.Format.of(List.of("uplift postgresql content 1", "schema x")))
                .isEqualTo(PostgresContent.Format.FIRST);
    }

    @Test
    void aFunctionThatQuotesADumpIsNoDecoration() {
        String dump = """
                --
                -- Name: quoting(); Type: FUNCTION; Schema: public; Owner: app
                --

                CREATE FUNCTION public.quoting() RETURNS text
                    LANGUAGE sql
                    AS $$
                -- Name: x; Type: EVENT TRIGGER; Schema: -; Owner: y
                SELECT 'one'
                $$;
                """;
        PostgresSchema schema = PostgresSchema.of(dump);

        assertThat(schema.decorations()).isEmpty();
        assertThat(schema.sha256OfEssentials())
                .isNotEqualTo(PostgresSchema.of(dump.replace("one", "two")).sha256OfEssentials());
        assertThat(ArchiveEntries.isDecoration(
                        "-- Name: a; Type: TABLE; Schema: b; Type: PUBLICATION; Schema: -; Owner: y"))
                .isFalse();
    }

    private static String schema(String options) {
        return PostgresSchema.of("""
            --
            -- Name: report_row; Type: TABLE; Schema: public; Owner: app
            --

            CREATE TABLE public.report_row (
                writer text,
                number bigint
            );
            """ + options).sha256OfEssentials();
    }
}
