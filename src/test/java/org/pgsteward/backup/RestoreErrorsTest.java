package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RestoreErrorsTest {
    @Test
    void eachErrorBelongsToTheEntryBeforeIt() {
        RestoreErrors errors = RestoreErrors.of("""
                pg_restore: while PROCESSING TOC:
                pg_restore: from TOC entry 5; 2615 16385 SCHEMA ext homelab
                pg_restore: error: could not execute query: ERROR:  schema "ext" already exists
                Command was: CREATE SCHEMA ext;


                pg_restore: error: could not execute query: ERROR:  again
                pg_restore: from TOC entry 9; 0 16390 TABLE DATA public t homelab
                pg_restore: error: COPY failed for table "t": ERROR:  no
                pg_restore: warning: errors ignored on restore: 5
                """.lines().toList());

        assertThat(errors.lines())
                .containsExactly(
                        "SCHEMA ext homelab: ERROR:  schema \"ext\" already exists",
                        "SCHEMA ext homelab: ERROR:  again",
                        "TABLE DATA public t homelab: COPY failed for table \"t\": ERROR:  no",
                        "2 more entries of the dump could not be restored");
    }

    @Test
    void withoutAnErrorThereIsNone() {
        assertThat(RestoreErrors.of(List.of("pg_restore: warning: something")))
                .isEqualTo(new RestoreErrors(List.of(), 0));
    }
}
