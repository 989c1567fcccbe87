/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "jdbc:postgresql://h/d, h, 5432, d, -, -, -, -",
                "jdbc:postgresql://h:5433/d, h, 5433, d, -, -, -, -",
                "jdbc:postgresql:d, localhost, 5432, d, -, -, -, -",
                "jdbc:postgresql:///d, localhost, 5432, d, -, -, -, -",
                "jdbc:postgresql://h, h, 5432, -, -, -, -, -",
                "jdbc:postgresql://h/, h, 5432, -, -, -, -, -",
                "jdbc:postgresql://[::1]:5433/d, ::1, 5433, d, -, -, -, -",
                "jdbc:postgresql://[fe80::1]/d, fe80::1, 5432, d, -, -, -, -",
                "jdbc:postgresql://my_db.internal/d, my_db.internal, 5432, d, -, -, -, -",
                "jdbc:postgresql://h/d?user=u&password=p%26q%3D+r&ssl=true, h, 5432, d, -, -, u, p&q= r",
                "jdbc:postgresql://h/my%20db?sslmode=require, h, 5432, my db, -, -, -, -",
                "postgres://u:p@h:5433/d, h, 5433, d, u, p, -, -",
                "postgresql://u@h/d, h, 5432, d, u, -, -, -",
                "postgres://u%40corp:p%3A%2Fq@h/d, h, 5432, d, u@corp, p:/q, -, -",
                "postgres://u:p+q@h/d, h, 5432, d, u, p+q, -, -",
                "postgres://u:p:q@h/d, h, 5432, d, u, p:q, -, -",
                "postgres://u:p@h/d?user=v&password=w, h, 5432, d, u, p, v, w",
                "jdbc:postgresql://u:p@h/d, h, 5432, d, u, p, -, -"
            })
    void postgresUrlsAreReadAsDriversReadThem(
            String url,
            String host,
            int port,
            String database,
            String infoUser,
            String infoPassword,
            String user,
            String password) {
        assertThat(DatabaseUrl.parse(url, true))
                .isEqualTo(
                        new DatabaseUrl.PostgreSql(host, port, database, infoUser, infoPassword, user, password, null));
    }

    @Test
    void literalUserInfoMayHoldWhatUrlsForbid() {
        assertThat(DatabaseUrl.parse("postgres://u:p/%4x@h/d", false))
                .isEqualTo(new DatabaseUrl.PostgreSql("h", 5432, "d", "u", "p/%4x", null, null, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://a@b:c@h/d",
                "postgres://h1,h2:5433/d",
                "postgres://h:0/d",
                "postgres://h:70000/d",
                "postgres://h:http/d",
                "postgres://u:%zz@h/d",
                "postgres:h/d",
                "jdbc:postgresql://h/d?password=%"
            })
    void postgresUrlsThatCannotBeUsedAreRefused(String url) {
        assertThat(DatabaseUrl.parse(url, true))
                .isInstanceOfSatisfying(
                        DatabaseUrl.Other.class,
                        other -> assertThat(other.kind()).isEqualTo("postgresql"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "socketFactory=org.springframework.context.support.ClassPathXmlApplicationContext",
                "socketFactoryArg=http://evil/x.xml",
                "sslfactory=org.example.Factory",
                "sslhostnameverifier=org.example.Verifier",
                "sslpasswordcallback=org.example.Callback",
                "authenticationPluginClassName=org.example.Plugin",
                "xmlFactoryFactory=org.example.Factory",
                "loggerFile=/etc/cron.d/x",
                "localSocketAddress=10.0.0.1",
                "service=other",
                "PGHOST=evil",
                "PGPORT=1",
                "PGDBNAME=other",
                "replication=database",
                "socketfactory=x",
                "ssl=true&unheard-of",
                "options=-D%20/tmp"
            })
    void parametersThatAreNotKnownToBeHarmlessAreRefusedByName(String parameter) {
        String last = parameter.substring(parameter.lastIndexOf('&') + 1);
        assertThat(DatabaseUrl.parse("jdbc:postgresql://h/d?user=u&" + parameter, true))
                .isEqualTo(new DatabaseUrl.Other(
                        "postgresql",
                        "the connection URL sets \"" + last.replaceFirst("=.*", "")
                                + "\", which is not among the parameters that are known to be harmless"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "currentSchema=mb mb",
                "currentSchema=mb%2Cpublic mb,public",
                "options=-c%20search_path%3Dmb mb",
                "options=-csearch_path%3Dmb mb",
                "options=--search_path%3Dmb mb",
                "options=--search-path%3Dmb mb",
                "options=-c%20Search_Path%3Dmb mb",
                "options=-c%20search-path%3Dmb%20--SEARCH_PATH%3Dlast last",
                "options=-c%20search_path%3Dmb%20-c%20x.y%3Da%5C%20--search_path%3Db mb",
                "options=-c%20statement_timeout%3D5s%20-c%20search_path%3Da%5C%20b 'a b'",
                "options=-c%20search_path%3Da%20-c%20search_path%3Db b",
                "options=-c%20search_path%3Da&currentSchema=b b"
            })
    void theSearchPathIsReadAsTheServerGetsIt(String parameters, String searchPath) {
        assertThat(DatabaseUrl.parse("jdbc:postgresql://h/d?" + parameters, true))
                .isInstanceOfSatisfying(
                        DatabaseUrl.PostgreSql.class,
                        server -> assertThat(server.searchPath()).isEqualTo(searchPath));
    }

    @Test
    void usualParametersPass() {
        assertThat(DatabaseUrl.parse(
                        "postgres://u@h/d?ssl=true&sslmode=require&sslfactory=org.postgresql.ssl.NonValidatingFactory"
                                + "&ApplicationName=x&connectTimeout=10&tcpKeepAlive=true&options=-c%20lock_timeout%3D1",
                        true))
                .isInstanceOf(DatabaseUrl.PostgreSql.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INIT=RUNSCRIPT FROM 'x'", "FILE_LOCK=NO", "DATABASE_EVENT_LISTENER='x'", "unheard-of"})
    void optionsOfH2ThatAreNotKnownToBeHarmlessAreRefused(String option) {
        assertThat(DatabaseUrl.parse("jdbc:h2:/x/y;USER=sa;" + option, true))
                .isInstanceOfSatisfying(
                        DatabaseUrl.Other.class,
                        other -> assertThat(other.reason()).contains("known to be harmless"));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "jdbc:h2:file:/x/y, /x/y, -, -",
                "jdbc:h2:/x/y, /x/y, -, -",
                "jdbc:h2:./y, ./y, -, -",
                "jdbc:h2:~/y, ~/y, -, -",
                "h2:y, y, -, -",
                "jdbc:h2:nio:/x, /x, -, -",
                "jdbc:h2:file:/x/y;DB_CLOSE_DELAY=-1;user=sa;PassWord=a=b, /x/y, sa, a=b"
            })
    void h2FileUrlsAreRead(String url, String file, String user, String password) {
        assertThat(DatabaseUrl.parse(url, true)).isEqualTo(new DatabaseUrl.H2(file, user, password));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:h2:mem:x",
                "jdbc:h2:tcp://h/x",
                "jdbc:h2:ssl://h/x",
                "jdbc:h2:zip:~/a.zip!/x",
                "jdbc:h2:split:30:/x",
                "jdbc:h2:/x;CIPHER=AES",
                "jdbc:h2:/x;mv_store=false",
                "jdbc:h2:",
                "jdbc:h2:file:"
            })
    void h2DatabasesThatAreNotOnePlainFileAreRefused(String url) {
        assertThat(DatabaseUrl.parse(url, true))
                .isInstanceOfSatisfying(
                        DatabaseUrl.Other.class,
                        other -> assertThat(other.kind()).isEqualTo("h2"));
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:mysql://u:p@h/d, mysql",
        "jdbc:oracle:thin:@h:1521:d, oracle",
        "mariadb://h/d, mariadb",
        "what, unknown",
        "://, unknown"
    })
    void otherDatabasesAreNamed(String url, String kind) {
        assertThat(DatabaseUrl.parse(url, true))
                .isInstanceOfSatisfying(
                        DatabaseUrl.Other.class,
                        other -> assertThat(other.kind()).isEqualTo(kind));
    }

    @Test
    void theRealDriverReadsTheSame() throws SQLException {
        Random random = new Random(20_240_501);
        List<String> hosts = List.of("localhost", "h", "db.example.org", "10.0.0.1", "my_db");
        List<String> databases = List.of("d", "my%20db", "a%2Fb", "UPPER", "x-y");
        List<String> secrets = List.of("p", "p%26q", "a+b", "%C3%A9", "a=b", "~!*'()");
        for (int i = 0; i < 2_000; i++) {
            String host = pick(random, hosts);
            int port = 1 + random.nextInt(65_535);
            String url = "jdbc:postgresql://" + host + (random.nextBoolean() ? ":" + port : "") + "/"
                    + pick(random, databases) + "?user=" + pick(random, secrets) + "&ssl=true&password="
                    + pick(random, secrets);
            Map<String, String> driver = asTheDriverReads(url);
            assertThat(DatabaseUrl.parse(url, true))
                    .as(url)
                    .isEqualTo(new DatabaseUrl.PostgreSql(
                            driver.getOrDefault("PGHOST", ""),
                            Integer.parseInt(driver.getOrDefault("PGPORT", "")),
                            driver.get("PGDBNAME"),
                            null,
                            null,
                            driver.get("user"),
                            driver.get("password"),
                            null));
        }
    }

    private static Map<String, String> asTheDriverReads(String url) throws SQLException {
        Map<String, String> properties = new HashMap<>();
        for (DriverPropertyInfo info : DriverManager.getDriver(url).getPropertyInfo(url, new Properties())) {
            if (info.value != null) {
                properties.put(info.name, info.value);
            }
        }
        return properties;
    }

    @Test
    void noTextMakesTheReaderFail() {
        Random random = new Random(7);
        String letters = "jdbc:postgresqlh2/@?&;=%[]~. \u0000ä";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder url = new StringBuilder(
                    pick(random, List.of("", "jdbc:", "jdbc:h2:", "postgres://", "jdbc:postgresql:")));
            int length = random.nextInt(20);
            for (int j = 0; j < length; j++) {
                url.append(letters.charAt(random.nextInt(letters.length())));
            }
            assertThat(DatabaseUrl.parse(url.toString(), random.nextBoolean())).isNotNull();
        }
    }

    private static String pick(Random random, List<String> texts) {
        return texts.get(random.nextInt(texts.size()));
    }
}
