package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class CopiesControlTest {
    private static final String PRINTED = """
            pg_control version number:            1300
            Bytes per WAL segment:                67108864
            max_connections setting:              100
            max_prepared_xacts setting:           7
            max_locks_per_xact setting:           64
            """;

    @Test
    void copyKeepsPreparedTransactionsAndSegmentSize() throws IOException {
        assertThat(CopiesControl.of(PRINTED).settings())
                .containsEntry("max_prepared_transactions", "7")
                .containsEntry("max_locks_per_transaction", "64")
                .containsEntry("min_wal_size", "128MB")
                .containsEntry("max_wal_size", "1024MB");
    }

    @Test
    void missingControlValueIsNamed() {
        assertThatThrownBy(() -> CopiesControl.of("nothing of it")).hasMessageContaining("max_prepared_xacts setting");
    }
}
