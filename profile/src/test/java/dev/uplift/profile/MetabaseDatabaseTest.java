/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.profile.DatabaseSettings.H2;
import dev.uplift.profile.DatabaseSettings.PostgreSql;
import dev.uplift.profile.DatabaseSettings.Unsupported;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where Metabase's settings say that its database is. */
class MetabaseDatabaseTest {
    @Test
    void h2IsTheDefaultAndItsFileIsResolved() {
        assertThat(database()).isEqualTo(new H2(Path.of("/srv/app/metabase.db.mv.db"), "", ""));
        assertThat(database("MB_DB_TYPE=h2", "MB_DB_FILE=data/mb"))
                .isEqualTo(new H2(Path.of("/srv/app/data/mb.mv.db"), "", ""));
        assertThat(database("MB_DB_FILE=/d/../e/metabase.db"))
                .isEqualTo(new H2(Path.of("/e/metabase.db.mv.db"), "", ""));
        assertThat(database("-Dmb.db.file=other.db", "MB_DB_FILE=/d/metabase.db"))
                .isEqualTo(new H2(Path.of("/srv/app/other.db.mv.db"), "", ""));
        assertThat(database("MB_DB_USER=left-over")).isEqualTo(new H2(Path.of("/srv/app/metabase.db.mv.db"), "", ""));
        assertThat(database("MB_DB_FILE=x;CIPHER=AES")).isInstanceOf(Unsupported.class);
    }

    @Test
    void postgresIsReadFromSingleSettings() {
        assertThat(database(
                        "MB_DB_TYPE=postgres",
                        "MB_DB_HOST=db.example",
                        "MB_DB_PORT=5433",
                        "MB_DB_DBNAME=metabase",
                        "MB_DB_USER=mb",
                        "MB_DB_PASS=p@:/?#%41ss"))
                .isEqualTo(new PostgreSql("db.example", 5433, "metabase", "mb", "p@:/?#%41ss", null));
        assertThat(database("MB_DB_TYPE=postgres", "MB_DB_DBNAME=metabase", "MB_DB_USER=mb"))
                .isEqualTo(new PostgreSql("localhost", 5432, "metabase", "mb", null, null));
        assertThat(database(
                        "-Dmb.db.type=postgres",
                        "-Dmb.db.dbname=a",
                        "-Dmb.db.user=b",
                        "-Dmb.db.pass=c",
                        "MB_DB_PASS=d"))
                .isEqualTo(new PostgreSql("localhost", 5432, "a", "b", "c", null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MB_DB_HOST=127.0.0.1:5432/other?socketFactory=x&y=",
                "MB_DB_HOST=user@db",
                "MB_DB_HOST=db/other",
                "MB_DB_HOST=db?x=y",
                "MB_DB_HOST=-oProxyCommand=x",
                "MB_DB_HOST=a,b",
                "MB_DB_HOST=/var/run/postgresql",
                "MB_DB_PORT=5432/other",
                "MB_DB_PORT=5432?x=y",
                "MB_DB_PORT=-1",
                "MB_DB_DBNAME=other?socketFactory=x",
                "MB_DB_DBNAME=a/b",
                "MB_DB_DBNAME=a&b",
                "MB_DB_DBNAME=a%3Fb",
                "MB_DB_DBNAME=a#b",
                "MB_DB_DBNAME=a\nb",
                "MB_DB_CONNECTION_URI=jdbc:postgresql://h/d?user=u&socketFactory=x",
                "MB_DB_CONNECTION_URI=postgres://a,b/d?user=u"
            })
    void aSettingThatIsMoreThanWhatItIsNamedForIsRefused(String setting) {
        assertThat(database("MB_DB_TYPE=postgres", "MB_DB_DBNAME=metabase", "MB_DB_USER=mb", setting))
                .isInstanceOf(Unsupported.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"db", "db_1.example.org", "10.0.0.1", "::1", "fe80::1%eth0", "DB-2"})
    void hostsAndAddressesPass(String host) {
        assertThat(database("MB_DB_TYPE=postgres", "MB_DB_DBNAME=my db=x", "MB_DB_USER=mb", "MB_DB_HOST=" + host))
                .isEqualTo(new PostgreSql(host, 5432, "my db=x", "mb", null, null));
    }

    @Test
    void theConnectionUriWinsAndCombinesWithUserAndPassword() {
        PostgreSql expected = new PostgreSql("db", 5433, "metabase", "mb", "secret", null);
        assertThat(database("MB_DB_CONNECTION_URI=postgres://mb:secret@db:5433/metabase", "MB_DB_TYPE=h2"))
                .isEqualTo(expected);
        assertThat(database(
                        "MB_DB_CONNECTION_URI=jdbc:postgresql://db:5433/metabase?user=mb&password=secret",
                        "MB_DB_HOST=x"))
                .isEqualTo(expected);
        assertThat(database("MB_DB_CONNECTION_URI=postgresql://db:5433/metabase", "MB_DB_USER=mb", "MB_DB_PASS=secret"))
                .isEqualTo(expected);
        assertThat(database(
                        "MB_DB_CONNECTION_URI=postgres://x:y@db:5433/metabase", "MB_DB_USER=mb", "MB_DB_PASS=secret"))
                .isEqualTo(expected);
        assertThat(database("MB_DB_CONNECTION_URI=postgres://u%40h:s%25@db/m"))
                .isEqualTo(new PostgreSql("db", 5432, "m", "u%40h", "s%25", null));
        assertThat(database("MB_DB_CONNECTION_URI=jdbc:postgresql://db/m?user=u%40h&password=s%25"))
                .isEqualTo(new PostgreSql("db", 5432, "m", "u@h", "s%", null));
        assertThat(database("MB_DB_CONNECTION_URI=jdbc:h2:file:./x;USER=sa;PASSWORD=y"))
                .isEqualTo(new H2(Path.of("/srv/app/x.mv.db"), "sa", "y"));
    }

    @Test
    void secretsAreReadFromTheFilesThatDockerVariantsName() {
        assertThat(database(
                        "MB_DB_TYPE=postgres",
                        "MB_DB_DBNAME=m",
                        "MB_DB_USER_FILE=/run/user",
                        "MB_DB_PASS_FILE=/run/pass",
                        "@/run/user=mb\n",
                        "@/run/pass= with space \n"))
                .isEqualTo(new PostgreSql("localhost", 5432, "m", "mb", " with space ", null));
        assertThat(database("MB_DB_CONNECTION_URI_FILE=/run/uri", "@/run/uri=postgres://a:b@c/d\n"))
                .isEqualTo(new PostgreSql("c", 5432, "d", "a", "b", null));
        assertThat(database("MB_DB_TYPE=postgres", "MB_DB_DBNAME=m", "MB_DB_USER=u", "MB_DB_PASS_FILE=/run/gone"))
                .isEqualTo(new Unsupported("unknown", "MB_DB_PASS_FILE names a file that cannot be read: /run/gone"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MB_DB_TYPE=mysql | mysql | -Dmb.db.type, MB_DB_TYPE is \"mysql\", supported are [h2, postgres]",
                "MB_DB_CONNECTION_URI=mysql://u:p@h/d | mysql | H2 files and PostgreSQL can be backed up, the"
                        + " connection URL names mysql",
                "MB_DB_TYPE=postgres | postgresql | no user is set by -Dmb.db.user, MB_DB_USER, MB_DB_USER_FILE",
                "MB_DB_CONNECTION_URI=postgres://a@b:secret@h/d | postgresql | the connection URL cannot be used: an @"
                        + " in the user or the password must be written %40",
                "MB_DB_IN_MEMORY=true | unknown | -Dmb.db.in.memory, MB_DB_IN_MEMORY is set: a database in memory"
                        + " cannot be backed up",
                "MB_DB_AWS_IAM=true | unknown | -Dmb.db.aws.iam, MB_DB_AWS_IAM is set: the database's password is"
                        + " issued by AWS",
            })
    void whatCannotBeBackedUpIsNamed(String word, String kind, String reason) {
        assertThat(database(word)).isEqualTo(new Unsupported(kind, reason));
    }

    @Test
    void whatNobodyHasSetIsNotSaidToBeSet() {
        Setting kind = new Setting(
                List.of(new SettingSource.Property("app.storage"), new SettingSource.Environment("STORAGE")), "memory");
        DatabaseRules rules = new DatabaseRules(
                true,
                kind,
                Map.of("postgres", DatabaseRules.Kind.POSTGRESQL),
                new Setting(List.of(new SettingSource.Environment("STORAGE_URI")), null),
                true,
                Setting.NONE,
                Setting.NONE,
                Setting.NONE,
                Setting.NONE,
                Setting.NONE,
                DatabaseRules.H2Rules.NONE,
                List.of(),
                null,
                Map.of());

        assertThat(rules.settings(Launch.with("A=B")))
                .isEqualTo(new Unsupported(
                        "memory",
                        "none of STORAGE_URI, -Dapp.storage, STORAGE is set on its command line or in its environment,"
                                + " so the profile's default was taken, by which the kind of database is \"memory\","
                                + " supported are [postgres]; configuration files of applications are not read"));
        assertThat(rules.settings(Launch.with("STORAGE=memory")))
                .isEqualTo(new Unsupported("memory", "-Dapp.storage, STORAGE is \"memory\", supported are [postgres]"));
    }

    @Test
    void noTextFormShowsAPassword() {
        LaunchView view = Launch.with(
                "MB_DB_CONNECTION_URI=postgres://mb:hunter2@db/metabase", "MB_DB_PASS=hunter2", "--x=hunter2");
        assertThat(view.toString()).doesNotContain("hunter2");
        assertThat(Metabase.PROFILE.database().settings(view).toString())
                .contains("metabase")
                .doesNotContain("hunter2");
        assertThat(DatabaseUrl.parse("postgres://mb:hunter2@db/metabase", true).toString())
                .doesNotContain("hunter2");
        assertThat(new H2(Path.of("/x"), "u", "hunter2").toString()).doesNotContain("hunter2");
    }

    private static DatabaseSettings database(String... words) {
        return Metabase.PROFILE.database().settings(Launch.with(words));
    }
}
