package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GlobalsScriptTest {
    private static final Set<String> OURS = Set.of("pgsteward_proof", "Ours too");

    /** As pg_dumpall 17 writes it. */
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
    void whatPgDumpallWritesIsRunButForLabelsAndGrantors() throws Exception {
        assertThat(GlobalsScript.statements(WHOLE, OURS))
                .hasSize(14)
                .contains(
                        "CREATE ROLE \"new\nline; \\! x\"",
                        "COMMENT ON ROLE bob IS E'it''s \\\\n; \\\\! touch /tmp/y \\' -- '",
                        "ALTER ROLE bob SET search_path TO 'a; \\! b', 'c'",
                        "GRANT bob TO \"al\"\"l\" WITH ADMIN OPTION, INHERIT TRUE",
                        "GRANT bob TO boss")
                .noneMatch(statement -> statement.contains("restrict") || statement.startsWith("SECURITY"));
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
                "ALTER ROLE pgsteward_proof SET session_preload_libraries TO '/tmp/x.so';",
                "ALTER ROLE \"Ours too\" SET search_path TO 'x';",
                "CREATE ROLE \"pgsteward_proof\";",
                "ALTER ROLE bob IN DATABASE x SET a TO 'b';",
                // What one of two readers takes for a quote's end, and the other does not.
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
    void anythingElseIsRefused(String script) {
        assertThatThrownBy(() -> GlobalsScript.statements("CREATE ROLE before;\n" + script, OURS))
                .isInstanceOf(GlobalsScript.Refused.class)
                .hasMessageContaining("is none that pg_dumpall writes");
    }

    @Test
    void theRefusalNamesTheStatementAndNoneOfItsSecrets() {
        assertThatThrownBy(
                        () -> GlobalsScript.statements("CREATE ROLE a;\nALTER USER a PASSWORD 'in the clear';", OURS))
                .hasMessage("statement 2 is none that pg_dumpall writes (ALTER USER ...)");
    }

    @Test
    void nothingIsNothing() throws Exception {
        assertThat(GlobalsScript.statements("-- nothing\n", OURS)).isEmpty();
    }
}
