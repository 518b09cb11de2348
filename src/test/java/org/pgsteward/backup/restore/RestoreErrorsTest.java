package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class RestoreErrorsTest {
    @Test
    void eachErrorHasItsStatement() {
        RestoreErrors errors = RestoreErrors.of("""
                pg_restore: error: could not execute query: ERROR:  schema "ext" already exists
                Command was: CREATE SCHEMA ext;


                pg_restore: from TOC entry 9; 0 16390 TABLE DATA public t homelab
                pg_restore: error: COPY failed for table "t": ERROR:  no
                CONTEXT:  COPY t, line 1
                pg_restore: error: could not execute query: ERROR:  again
                HINT:  Do not.
                Command was: COMMENT ON TABLE t IS 'a
                Command was: b';
                pg_restore: warning: errors ignored on restore: 5
                """.lines().toList());

        assertThat(errors.lines())
                .containsExactly(
                        "CREATE SCHEMA ext; ERROR:  schema \"ext\" already exists",
                        "COPY failed for table \"t\": ERROR:  no",
                        "COMMENT ON TABLE t IS 'a ERROR:  again",
                        "2 more statements of the dump failed");
    }

    @Test
    void aWarningIsNoError() {
        assertThat(RestoreErrors.of(List.of("pg_restore: warning: something")))
                .isEqualTo(new RestoreErrors(List.of(), 0));
    }
}
