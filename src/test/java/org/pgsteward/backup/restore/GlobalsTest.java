package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class GlobalsTest {
    private static final Set<String> OURS = Set.of("pgsteward_proof", "Ours too");

    /** A script as pg_dumpall 17 writes it. */
    private static final String WHOLE = """
            --
            -- PostgreSQL database cluster dump
            --

            \\restrict k3XPYZfQRSZ7hbXUiyaiUyazaRTkGUnxKlPK5ADk0gdk1B93aq9cAaqDrtvOsaP

            SET default_transaction_read_only = off;

            SET client_encoding = 'UTF8';
            SET standard_conforming_strings = on;

            --
            -- Roles
            --

            CREATE ROLE "al""l";
            ALTER ROLE "al""l" WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 50 PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy' VALID UNTIL '2030-01-01 00:00:00+00';
            CREATE ROLE bob;
            ALTER ROLE bob WITH SUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
            COMMENT ON ROLE bob IS E'it''s \\\\n; \\\\! touch /tmp/y \\' -- ';
            CREATE ROLE "new
            line; \\! x";

            --
            -- User Config "bob" 'x
            --

            ALTER ROLE bob SET search_path TO 'a; \\! b', 'c';
            ALTER ROLE bob SET "my.own" TO 'x';
            GRANT bob TO "al""l" WITH ADMIN OPTION, INHERIT TRUE GRANTED BY homelab;
            GRANT bob TO boss GRANTED BY homelab;
            GRANT SET ON PARAMETER work_mem TO bob;
            SECURITY LABEL FOR dummy ON ROLE bob IS 'classified';

            \\unrestrict k3XPYZfQRSZ7hbXUiyaiUyazaRTkGUnxKlPK5ADk0gdk1B93aq9cAaqDrtvOsaP

            --
            -- PostgreSQL database cluster dump complete
            --
            """;

    @Test
    void runsThePgDumpallScriptWithoutLabelsAndGrantors() {
        Globals globals = read(WHOLE);

        assertThat(globals.strange()).isEmpty();
        assertThat(globals.leftOut())
                .singleElement()
                .asString()
                .contains("(SECURITY LABEL ...)")
                .doesNotContain("classified");
        assertThat(globals.statements())
                .extracting(Globals.Statement::sql)
                .hasSize(11)
                .contains(
                        "CREATE ROLE \"new\nline; \\! x\"",
                        "COMMENT ON ROLE bob IS E'it''s \\\\n; \\\\! touch /tmp/y \\' -- '",
                        "ALTER ROLE bob SET search_path TO 'a; \\! b', 'c'",
                        "GRANT bob TO \"al\"\"l\" WITH ADMIN OPTION, INHERIT TRUE",
                        "GRANT bob TO boss")
                .noneMatch(sql -> sql.contains("restrict") || sql.startsWith("SECURITY") || sql.startsWith("SET"));
        assertThat(script(globals)).startsWith("SET client_encoding = 'UTF8';\nCREATE ROLE \"al\"\"l\";\n");
    }

    @Test
    void leavesTheAdministratorAndOurOwnRolesUnchanged() {
        Globals globals = read("""
                CREATE ROLE homelab;
                ALTER ROLE homelab WITH SUPERUSER PASSWORD 'SCRAM-SHA-256$4096:x';
                CREATE ROLE "my ""app""; x";
                ALTER ROLE "my ""app""; x" WITH NOSUPERUSER LOGIN PASSWORD 'it''s; -- here';
                GRANT readers TO "my ""app""; x" GRANTED BY homelab;
                GRANT readers TO homelab;
                CREATE ROLE pgsteward_restore_0123abcd;
                CREATE ROLE pgsteward_recovery;
                """);

        assertThat(globals.without(Set.of("homelab")).statements())
                .containsExactly(
                        new Globals.Statement("CREATE ROLE \"my \"\"app\"\"; x\"", true, "my \"app\"; x", ""),
                        new Globals.Statement(
                                "ALTER ROLE \"my \"\"app\"\"; x\" WITH NOSUPERUSER LOGIN PASSWORD 'it''s; -- here'",
                                false,
                                "my \"app\"; x",
                                ""),
                        new Globals.Statement(
                                "GRANT readers TO \"my \"\"app\"\"; x\"", false, "my \"app\"; x", "readers"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER ROLE pgsteward_proof SET session_preload_libraries TO '/tmp/x.so';",
                "ALTER ROLE \"Ours too\" SET search_path TO 'x';",
                "CREATE ROLE \"pgsteward_proof\";",
                "GRANT pgsteward_proof TO bob;",
                "GRANT bob TO pgsteward_proof;",
                "GRANT SET ON PARAMETER work_mem TO pgsteward_proof;"
            })
    void detectsStatementsThatTouchOurRoles(String script) {
        assertThat(read("CREATE ROLE before;\n" + script).touches(OURS)).hasSize(1);
        assertThat(read(WHOLE).touches(OURS)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER ROLE a WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS;",
                "ALTER ROLE a WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS"
                        + " CONNECTION LIMIT -1 PASSWORD 'SCRAM-SHA-256$4096:a==$b=:c=' VALID UNTIL '2027-01-01 00:00:00+00';",
                "ALTER ROLE a WITH LOGIN PASSWORD  E'back\\\\slash''s' VALID UNTIL 'infinity';",
                "COMMENT ON ROLE a IS 'it''s; fine';",
                "COMMENT ON ROLE a IS  E'a\\\\b''c';",
            })
    void statementsOfPgDumpallAreAccepted(String script) {
        Globals globals = read(script);

        assertThat(globals.strange()).isEmpty();
        assertThat(globals.statements()).hasSize(1);
    }

    @Test
    void literalsOfAnyLengthAreMatchedWithoutRecursion() {
        String quotes = "''".repeat(25_000);
        String backslashes = "\\\\".repeat(25_000);

        Globals globals = read("COMMENT ON ROLE a IS '" + quotes + "';\nCOMMENT ON ROLE b IS  E'" + backslashes + "';");

        assertThat(globals.strange()).isEmpty();
        assertThat(globals.statements()).hasSize(2);
    }

    @Test
    void rolesNamedLikeKeywordsAreRestored() {
        Globals globals = read("CREATE ROLE \"all\";\nCREATE ROLE \"current_user\";\nCREATE ROLE all_users;");

        assertThat(globals.strange()).isEmpty();
        assertThat(globals.statements().stream().map(Globals.Statement::role))
                .containsExactly("all", "current_user", "all_users");
    }

    /**
     * PostgreSQL records one grant for each grantor from version 16 on. Run one after the other, each grant would
     * revoke options of the other.
     */
    @Test
    void grantsOfOneMembershipBySeveralGrantorsBecomeOne() {
        Globals globals = read("""
                GRANT tenant TO dba WITH ADMIN OPTION, INHERIT FALSE, SET FALSE GRANTED BY homelab;
                GRANT reader TO dba WITH INHERIT TRUE, SET FALSE GRANTED BY homelab;
                GRANT tenant TO dba WITH INHERIT TRUE GRANTED BY dba;
                GRANT reader TO dba WITH INHERIT FALSE GRANTED BY "The boss";
                GRANT reader TO zz WITH INHERIT FALSE, SET FALSE GRANTED BY a;
                GRANT reader TO zz WITH ADMIN OPTION, INHERIT FALSE, SET FALSE GRANTED BY b;
                GRANT reader TO boss WITH INHERIT FALSE GRANTED BY homelab;
                """);

        assertThat(globals.statements())
                .containsExactly(
                        new Globals.Statement(
                                "GRANT tenant TO dba WITH ADMIN OPTION, INHERIT TRUE", false, "dba", "tenant"),
                        new Globals.Statement("GRANT reader TO dba WITH INHERIT TRUE", false, "dba", "reader"),
                        new Globals.Statement(
                                "GRANT reader TO zz WITH ADMIN OPTION, INHERIT FALSE, SET FALSE",
                                false,
                                "zz",
                                "reader"),
                        new Globals.Statement("GRANT reader TO boss WITH INHERIT FALSE", false, "boss", "reader"));
    }

    @Test
    void namesAreReadInTheFilesOwnEncoding() {
        String script = "SET client_encoding = 'LATIN1';\nCREATE ROLE \"Grüße\";\n";

        assertThat(Globals.of(script.getBytes(StandardCharsets.ISO_8859_1)).statements())
                .extracting(Globals.Statement::role)
                .containsExactly("Grüße");
        assertThat(Globals.of(script.replace("LATIN1", "UTF8").getBytes(StandardCharsets.ISO_8859_1))
                        .strange())
                .containsExactly("statement 2 is not in the encoding UTF-8");
    }

    @Test
    void readsOnAfterAnUnknownStatementWithCertainQuotes() {
        Globals plain = read("\\! touch /tmp/x\nDROP DATABASE homelab;\nCREATE ROLE a;\n");
        Globals uncertain = read("COMMENT ON ROLE a IS E'x'\n'y\\'';\nCREATE ROLE b;\n--';\nCREATE ROLE c;\n");

        assertThat(plain.strange())
                .containsExactly(
                        "statement 1 (\\ ...) has a form that pg_dumpall does not write",
                        "statement 2 (DROP DATABASE ...) has a form that pg_dumpall does not write");
        assertThat(plain.statements()).extracting(Globals.Statement::sql).containsExactly("CREATE ROLE a");
        assertThat(uncertain.strange())
                .containsExactly(
                        "statement 1 (a literal in two parts) has a form that pg_dumpall does not write; the rest of the file is not read");
        assertThat(uncertain.statements()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\! touch /tmp/x",
                "CREATE ROLE a; \\! touch /tmp/x",
                "CREATE ROLE a \\! touch /tmp/x\n;",
                "CREATE ROLE a \\gexec",
                "\\restrict a\r\\! touch /tmp/x",
                "\\restrict `touch /tmp/x`",
                "-- a comment\r\\! touch /tmp/x",
                "CREATE ROLE a;\f\\! touch /tmp/x",
                "\\copy x FROM PROGRAM 'touch /tmp/x'",
                "\\connect other",
                "\\i /etc/passwd",
                "COPY x FROM PROGRAM 'touch /tmp/x';",
                "DO $$ BEGIN END $$;",
                "ALTER SYSTEM SET archive_command = 'touch /tmp/x';",
                "SET SESSION AUTHORIZATION bob;",
                "SET ROLE bob;",
                "SET standard_conforming_strings = off;",
                "SET client_encoding = 'SJIS';",
                "SET session_preload_libraries = '/tmp/x.so';",
                "LOAD '/tmp/x.so';",
                "SELECT pg_read_file('/etc/passwd');",
                "SELECT lo_import('/etc/passwd');",
                "CREATE EXTENSION file_fdw;",
                "CREATE TABLESPACE x LOCATION '/tmp/x';",
                "CREATE DATABASE x;",
                "DROP ROLE a;",
                "ALTER ROLE ALL SET session_preload_libraries TO '/tmp/x.so';",
                "ALTER ROLE all SET session_preload_libraries TO '/tmp/x.so';",
                "ALTER ROLE bob WITH LOGIN PASSWORD '/tmp/x' SUPERUSER VALID UNTIL 'infinity';",
                "ALTER ROLE bob WITH LOGIN VALID UNTIL '/tmp/x' SUPERUSER VALID UNTIL 'b';",
                "ALTER ROLE bob WITH LOGIN PASSWORD E'/tmp/x\\\\' SUPERUSER PASSWORD 'b';",
                "ALTER ROLE bob WITH USER EVIL PASSWORD '/tmp/x';",
                "ALTER ROLE bob WITH LOGIN ADMIN EVIL PASSWORD '/tmp/x';",
                "COMMENT ON ROLE bob IS '/tmp/x' 'b' 'c';",
                "ALTER ROLE current_user WITH LOGIN PASSWORD '/tmp/x';",
                "ALTER ROLE session_user SET search_path TO '/tmp/x';",
                "ALTER ROLE current_role SET search_path TO '/tmp/x';",
                "COMMENT ON ROLE current_user IS '/tmp/x';",
                "GRANT SET ON PARAMETER work_mem TO current_user;",
                "ALTER ROLE bob IN DATABASE x SET a TO 'b';",
                // These quotes end at one place for one parser and at another place for another parser.
                "COMMENT ON ROLE bob IS E'a'\n'x\\'' \\! touch /tmp/x '';",
                "COMMENT ON ROLE bob IS 'a' 'b';",
                "COMMENT ON ROLE bob IS 'a\\' \\! touch /tmp/x ';",
                "COMMENT ON ROLE bob IS $$x$$;",
                "COMMENT ON ROLE bob IS :x;",
                "COMMENT ON ROLE bob IS 'no end",
                "CREATE ROLE a /* '; */ ; \\! touch /tmp/x",
                "CREATE ROLE \"no end;",
                "CREATE ROLE a"
            })
    void anythingElseIsStrangeAndNotRun(String script) {
        Globals globals = read("CREATE ROLE before;\n" + script);

        assertThat(globals.strange())
                .isNotEmpty()
                .allMatch(words -> words.contains(" has a form that pg_dumpall does not write"));
        assertThat(script(globals)).doesNotContain("/tmp/x");
    }

    @Test
    void namesAnUnknownStatementWithoutItsSecrets() {
        assertThat(read("CREATE ROLE a;\nALTER USER a PASSWORD 'in the clear';").strange())
                .containsExactly("statement 2 (ALTER USER ...) has a form that pg_dumpall does not write");
    }

    @Test
    void aScriptWithoutStatementsHasNoGlobals() {
        assertThat(read("-- nothing\n")).isEqualTo(new Globals(List.of(), List.of(), List.of(), List.of()));
    }

    /** A role without any privileges in other roles may give itself a search_path of 20 MB. */
    @Test
    void anOversizedSettingIsLeftOutAndNamedAndTheRestIsRun() {
        String huge = "a".repeat(20_000_000);
        Globals globals = read("CREATE ROLE shop;\nCREATE ROLE blog;\nALTER ROLE shop SET search_path TO '" + huge
                + "';\nALTER ROLE blog SET search_path TO 'x';\nALTER ROLE vain WITH NOSUPERUSER PASSWORD '" + huge
                + "';\nCREATE ROLE last;\n");

        assertThat(globals.strange()).isEmpty();
        assertThat(globals.oversized())
                .containsExactly(
                        "setting search_path of role shop: too long to run, with 20000038 bytes",
                        "the options and the password of role vain: too long to run, with 20000045 bytes");
        assertThat(globals.statements())
                .extracting(Globals.Statement::sql)
                .containsExactly(
                        "CREATE ROLE shop",
                        "CREATE ROLE blog",
                        "ALTER ROLE blog SET search_path TO 'x'",
                        "CREATE ROLE last");
    }

    @Test
    void manySettingsOfOneRoleAreLeftOutBeyondTheirLimit() {
        StringBuilder script = new StringBuilder("CREATE ROLE shop;\n");
        for (int i = 0; i < 400; i++) {
            script.append("ALTER ROLE shop SET my.s")
                    .append(i)
                    .append(" TO '")
                    .append("b".repeat(1000))
                    .append("';\n");
        }
        script.append("ALTER ROLE blog SET my.s TO 'c';\n");

        Globals globals = read(script.toString());

        assertThat(globals.statements())
                .hasSizeBetween(200, 260)
                .last()
                .satisfies(last -> assertThat(last.role()).isEqualTo("blog"));
        assertThat(globals.oversized()).hasSize(51).last().isEqualTo("and more");
    }

    @Test
    void readsAnOverlongFileInPartAndReportsIt() {
        String role = "CREATE ROLE r%d;\nCOMMENT ON ROLE r%d IS '" + "d".repeat(100_000) + "';\n";
        StringBuilder script = new StringBuilder();
        for (int i = 0; i < 70; i++) {
            script.append(role.formatted(i, i));
        }
        Globals globals = read(script.toString());

        assertThat(globals.strange()).singleElement().asString().contains(" are not read: the limit is 6291456 bytes");
        assertThat(globals.statements()).hasSizeLessThan(130);
    }

    private static String script(Globals globals) {
        ByteArrayOutputStream script = new ByteArrayOutputStream();
        try {
            globals.writeScript(script);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return script.toString(StandardCharsets.UTF_8);
    }

    private static Globals read(String script) {
        return Globals.of(script.getBytes(StandardCharsets.UTF_8));
    }
}
