package dev.uplift.backup.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

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

    private static String schema(String options) {
        return PostgresSchema.sha256("""
                --
                -- Name: report_row; Type: TABLE; Schema: public; Owner: app
                --

                CREATE TABLE public.report_row (
                    writer text,
                    number bigint
                );
                """ + options);
    }
}
