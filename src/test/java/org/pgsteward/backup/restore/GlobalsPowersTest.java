package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The roles of a file of globals that get powers over the server, and the statements that grant them. */
@Tag("fast")
class GlobalsPowersTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ALTER ROLE a WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS |",
                "ALTER ROLE a WITH SUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN PASSWORD 'SCRAM' | a: SUPERUSER",
                "ALTER ROLE a WITH LOGIN CREATEROLE CREATEDB REPLICATION BYPASSRLS CONNECTION LIMIT 3 |"
                        + " a: CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS",
                "ALTER ROLE \"a WITH SUPERUSER \" WITH NOSUPERUSER LOGIN |",
                "ALTER ROLE a WITH LOGIN PASSWORD 'x WITH SUPERUSER ' |",
                "ALTER ROLE a WITH SUPERUSER PASSWORD 'x WITH LOGIN ' | a: SUPERUSER",
                "ALTER ROLE a SET work_mem TO '1MB' |",
                "ALTER ROLE a SET session_preload_libraries TO 'x' |"
                        + " a: setting session_preload_libraries, which loads code",
                "ALTER ROLE a SET \"Dynamic_Library_Path\" TO 'x' | a: setting Dynamic_Library_Path, which loads code",
                "ALTER ROLE a SET \"plperl.on_plperlu_init\" TO 'x' |"
                        + " a: setting plperl.on_plperlu_init, which loads code",
                "ALTER ROLE a SET plperl.on_init TO 'x' | a: setting plperl.on_init, which loads code",
                "ALTER ROLE a SET plpgsql.check_asserts TO 'off' |",
                "ALTER ROLE a SET plausible.key TO 'x' |",
                "ALTER ROLE homelab WITH LOGIN PASSWORD 'x' | homelab: a superuser of this server",
                "ALTER ROLE a SET \"my.session_preload_libraries\" TO 'x' |",
                "GRANT b TO a |",
                "GRANT pg_monitor TO a |",
                "GRANT pg_write_server_files TO a | a: member of pg_write_server_files",
                "GRANT pg_execute_server_program TO a WITH ADMIN OPTION | a: member of pg_execute_server_program",
                "GRANT pg_that_comes_in_20 TO a | a: member of pg_that_comes_in_20",
                "GRANT homelab TO a | a: member of homelab",
                "GRANT SET ON PARAMETER session_preload_libraries TO a | a: SET on parameter session_preload_libraries",
                "GRANT b TO a; GRANT c TO b; GRANT pg_read_all_data TO c |"
                        + " a: member of b; b: member of c; c: member of pg_read_all_data",
                "GRANT b TO a; GRANT a TO b |",
                "ALTER ROLE b WITH SUPERUSER; GRANT b TO a | a: member of b; b: SUPERUSER",
            })
    void namesEachRoleThatGetsPowers(String globals, String powers) {
        assertThat(String.join("; ", of(globals))).isEqualTo(powers == null ? "" : powers);
    }

    @Test
    void aMessageNamesTheFirstAndCountsTheRest() {
        assertThat(GlobalsPowers.some(
                        IntStream.range(0, 7).mapToObj(i -> "r" + i).toList()))
                .isEqualTo("r0; r1; r2; r3; r4; and 2 more");
    }

    private static List<String> of(String globals) {
        return GlobalsPowers.of(Globals.of((globals + ";\n").getBytes(StandardCharsets.UTF_8)), Set.of("homelab"));
    }
}
