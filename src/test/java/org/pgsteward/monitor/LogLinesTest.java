package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.postgres.ServerLog;

/** Lines as PostgreSQL 15 wrote them, and lines that an attacker could make it write. */
@Tag("fast")
class LogLinesTest {
    private static final String AT = "2026-11-25 01:54:43.202 UTC [77] ";

    /** The session id. The cases contain {@code ID} in its place. */
    private static final String ID = "6b063fe3.4d";

    @ParameterizedTest(name = "{0}")
    @MethodSource("prefixed")
    void lineWithOurPrefixGivesRoleAddressAndReason(String why, String line, String expected) {
        assertThat(said(ServerLog.PREFIX, line)).as(why).isEqualTo(expected);
    }

    static Stream<Arguments> prefixed() {
        return Stream.of(
                line(
                        "a wrong password",
                        login("28P01", "vik", "vik", "FATAL:  password authentication failed for user \"vik\""),
                        "wrong password vik vik 172.18.0.5"),
                line(
                        "a wrong password, in another language",
                        login("28P01", "vik", "vik", "ВАЖНО:  пользователь \"vik\" не прошёл проверку"),
                        "wrong password vik vik 172.18.0.5"),
                line(
                        "no such role, by its detail",
                        login("28P01", "nobody", "vik", "DETAIL:  Role \"nobody\" does not exist."),
                        "no such role nobody vik 172.18.0.5"),
                line(
                        "no line of pg_hba.conf",
                        login(
                                "28000",
                                "vik",
                                "vik",
                                "FATAL:  no pg_hba.conf entry for host \"172.18.0.5\", user \"vik\""),
                        "no entry in pg_hba.conf allows it vik vik 172.18.0.5"),
                line(
                        "no line of pg_hba.conf, in another language",
                        login("28000", "vik", "vik", "FATAL:  kein pg_hba.conf-Eintrag für Host »172.18.0.5«"),
                        "refused by pg_hba.conf or by the role vik vik 172.18.0.5"),
                line(
                        "no such database",
                        startup("3D000", "FATAL:  Datenbank »vik« existiert nicht"),
                        "no such database vik vik 172.18.0.5"),
                line(
                        "no privilege to connect",
                        startup("42501", "FATAL:  permission denied for database \"vik\""),
                        "no privilege to connect to the database vik vik 172.18.0.5"),
                line(
                        "in quarantine",
                        startup("28000", "FATAL:  role \"vik\" is not permitted to log in"),
                        "role not permitted to log in vik vik 172.18.0.5"),
                line(
                        "too many connections of the role",
                        startup("53300", "FATAL:  too many connections for role \"vik\""),
                        "too many connections vik vik 172.18.0.5"),
                line(
                        "too many connections of the server",
                        entry("53300", "", "vik", "vik", "FATAL:  sorry, too many clients already"),
                        "too many connections vik vik 172.18.0.5"),
                line(
                        "names with spaces and quotation marks",
                        login("28P01", "o\"d wiki", "o'd d", "FATAL:  password authentication failed for user"),
                        "wrong password o\"d wiki o'd d 172.18.0.5"),
                line(
                        "missing privilege within a session: no login failure",
                        entry("42501", "SELECT", "vik", "vik", "ERROR:  permission denied for table t"),
                        ""),
                line(
                        "failed SET ROLE: no login failure",
                        entry("28000", "SET", "vik", "vik", "ERROR:  role \"x\" does not exist"),
                        ""),
                line(
                        "server starts up: no login failure",
                        entry("57P03", "startup", "vik", "vik", "FATAL:  the database system is starting up"),
                        ""),
                line("a server process", AT + "session=" + ID + " state=00000 LOG:  checkpoint", ""),
                line("output of another program", "Success. You can now start the database server", ""),
                line("an empty line", "", ""),
                line(
                        "a slow statement, without its text",
                        entry(
                                "00000",
                                "SELECT",
                                "vik",
                                "vik",
                                "LOG:  duration: 5016.683 ms  statement: SELECT 'secret'"),
                        "slow vik vik 5.016683"),
                line(
                        "a slow statement, in another language, sent by a driver",
                        entry(
                                "00000",
                                "SELECT",
                                "vik",
                                "vik",
                                "LOG:  Dauer: 5016.683 ms  ausführen <unbenannt>: SELECT 1"),
                        "slow vik vik 5.016683"),
                line(
                        "a statement that contains a duration",
                        entry("00000", "DO", "vik", "vik", "LOG:  x: y: duration: 9000.000 ms"),
                        ""),
                line("a continuation line with a duration", "\tSELECT 1 -- duration: 9000.000 ms", ""),
                // The following lines imitate attacks.
                line(
                        "a continuation line that imitates a login failure",
                        "\t" + login("28P01", "gitea", "gitea", "FATAL:  password authentication failed"),
                        ""),
                line(
                        "a role name that imitates the rest of the line",
                        login("28P01", "gitea database=gitea FATAL:  x", "vik", "FATAL:  password"),
                        "wrong password (unreadable name) (unreadable name) 172.18.0.5"),
                line(
                        "a role name with a guessed session id",
                        login("28P01", "gitea database=gitea session=ID FATAL:  x", "vik", "FATAL:  password"),
                        "wrong password (unreadable name) (unreadable name) 172.18.0.5"),
                line(
                        "a database name with a guessed session id",
                        login("28P01", "vik", "gitea session=ID FATAL:  x", "FATAL:  password"),
                        "wrong password (unreadable name) (unreadable name) 172.18.0.5"),
                line(
                        "a message that repeats such a role name",
                        login("28P01", "x session=ID y", "vik", "FATAL:  failed for user \"x session=ID y\""),
                        "wrong password (unreadable name) (unreadable name) 172.18.0.5"),
                line(
                        "the line up to a line break in a role name",
                        login("28P01", "vik", "vik", "").replaceFirst("vik .*", "vik"),
                        "wrong password (unreadable name) (unreadable name) 172.18.0.5"),
                line(
                        "a name with a right-to-left override",
                        login("28P01", "vik\u202eaetig", "vik", "FATAL:  password"),
                        "wrong password (unreadable name) vik 172.18.0.5"),
                line(
                        "a name with an escape sequence",
                        login("28P01", "vik\u001b[31m", "vik", "FATAL:  password"),
                        "wrong password (unreadable name) vik 172.18.0.5"),
                line(
                        "a very long line",
                        login("28P01", "vik", "vik", "FATAL:  " + "session=".repeat(100_000)),
                        "wrong password vik vik 172.18.0.5"));
    }

    /** Otherwise a name with a line break in it could imitate the beginning of a line by PostgreSQL. */
    @Test
    void noNameHasRoomForTheBeginningOfALine() {
        String shortest = "2026-11-25 01:54:43.202 UTC [1] session=6b063fe3.1 state=28P01 client=::1 phase= user=";
        String line = shortest + "a database=a session=6b063fe3.1 FATAL:  x";
        assertThat(said(ServerLog.PREFIX, line.replace("phase=", "phase=authentication")))
                .startsWith("wrong password");

        assertThat(shortest.getBytes(StandardCharsets.UTF_8)).hasSizeGreaterThan(63);
        for (int from = 1; from <= shortest.length(); from++) {
            assertThat(said(ServerLog.PREFIX, line.substring(from))).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plain")
    void aLineOfAServerThatWasLeftAsItCameIsReadByItsWords(String why, String line, String expected) {
        assertThat(said(ServerLog.DEFAULT_PREFIX, AT + line)).as(why).isEqualTo(expected);
    }

    static Stream<Arguments> plain() {
        return Stream.of(
                line(
                        "a wrong password",
                        "FATAL:  password authentication failed for user \"vik\"",
                        "wrong password vik  "),
                line("no such role, by its detail", "DETAIL:  Role \"nobody\" does not exist.", "detail no such role"),
                line(
                        "no line of pg_hba.conf",
                        "FATAL:  no pg_hba.conf entry for host \"172.18.0.5\", user \"vik\", database \"wiki\", no encryption",
                        "no entry in pg_hba.conf allows it vik wiki 172.18.0.5"),
                line(
                        "no line of pg_hba.conf for replication",
                        "FATAL:  no pg_hba.conf entry for replication connection from host \"172.18.0.5\", user \"vik\", no"
                                + " encryption",
                        "no entry in pg_hba.conf allows it vik  172.18.0.5"),
                line(
                        "a line of pg_hba.conf that rejects",
                        "FATAL:  pg_hba.conf rejects connection for host \"::1\", user \"vik\", database \"wiki\", SSL encryption",
                        "no entry in pg_hba.conf allows it vik wiki ::1"),
                line("no such role", "FATAL:  role \"vik\" does not exist", "no such role vik  "),
                line(
                        "in quarantine",
                        "FATAL:  role \"vik\" is not permitted to log in",
                        "role not permitted to log in vik  "),
                line("no such database", "FATAL:  database \"wiki\" does not exist", "no such database  wiki "),
                line(
                        "no privilege to connect",
                        "FATAL:  permission denied for database \"wiki\"",
                        "no privilege to connect to the database  wiki "),
                line(
                        "database does not allow connections",
                        "FATAL:  database \"wiki\" is not currently accepting connections",
                        "the database accepts no connections  wiki "),
                line(
                        "too many connections of the role",
                        "FATAL:  too many connections for role \"vik\"",
                        "too many connections vik  "),
                line(
                        "too many connections of the server",
                        "FATAL:  sorry, too many clients already",
                        "too many connections   "),
                line(
                        "too many connections, except for superusers",
                        "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
                        "too many connections   "),
                line(
                        "a slow statement, without role and database",
                        "LOG:  duration: 5016.683 ms  statement: SELECT 1",
                        "slow   5.016683"),
                line("termination of a session", "FATAL:  terminating connection due to administrator command", ""),
                line(
                        "an error that a client can imitate",
                        "ERROR:  password authentication failed for user \"vik\"",
                        ""),
                line(
                        "a role name that imitates a database name",
                        "FATAL:  no pg_hba.conf entry for host \"::1\", user \"gitea\", database \"gitea\", no encryption\","
                                + " database \"x\", no encryption",
                        "no entry in pg_hba.conf allows it (unreadable name) (unreadable name) "),
                line(
                        "a name with a quotation mark",
                        "FATAL:  password authentication failed for user \"vik\" and \"gitea\"",
                        "wrong password (unreadable name) (unreadable name) "),
                line(
                        "the line up to a line break in a role name",
                        "FATAL:  password authentication failed for user \"vik",
                        "wrong password (unreadable name) (unreadable name) "),
                line(
                        "the line up to a line break in a database name",
                        "FATAL:  database \"vik",
                        "no such database (unreadable name) (unreadable name) "));
    }

    @Test
    void anotherPrefixIsNotUnderstoodAndSaidSo() {
        assertThat(LogLines.of("%t [%p]: user=%u,db=%d ")).isEmpty();
    }

    @Test
    void composeFileSetsTheKnownPrefix() throws IOException {
        assertThat(Files.readString(Path.of("compose.yaml"))).contains("\"log_line_prefix=" + ServerLog.PREFIX + "\"");
    }

    private static Arguments line(String why, String line, String expected) {
        return Arguments.of(why, line, expected);
    }

    private static String login(String state, String user, String database, String message) {
        return entry(state, "authentication", user, database, message);
    }

    private static String startup(String state, String message) {
        return entry(state, "startup", "vik", "vik", message);
    }

    private static String entry(String state, String phase, String user, String database, String message) {
        return (AT + "session=ID state=" + state + " client=172.18.0.5 phase=" + phase + " user=" + user + " database="
                        + database + " session=ID " + message)
                .replace("ID", ID);
    }

    private static String said(String prefix, String line) {
        Optional<LogEvent> event = LogLines.of(prefix).orElseThrow().read(Looks.NOON, line);
        return event.map(LogLinesTest::words).orElse("");
    }

    private static String words(LogEvent event) {
        if (event instanceof LogEvent.Refused one) {
            return String.join(" ", List.of(one.reason().words(), one.user(), one.database(), one.client()));
        }
        if (event instanceof LogEvent.Slow one) {
            return "slow " + one.user() + " " + one.database() + " " + one.seconds();
        }
        return "detail " + ((LogEvent.Detail) event).reason().words();
    }
}
