package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/**
 * Restores the other half of the corpus from encrypted backups, on PostgreSQL 17. Without that version, the test
 * uses the installed one, so that each build restores every database.
 */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class CorpusOn17IT {
    @Test
    void secondHalfIsVerifiedAndRestoredFromEncryptedBackups(@TempDir Path keys) throws Exception {
        Optional<Programs> newer = Corpus.programs(17);
        if (newer.isEmpty()) {
            System.err.println("PostgreSQL 17 is not on this machine: half of the corpus runs on the version that is"
                    + " here instead");
        }
        Programs programs = newer.orElseGet(TestCluster::programs);
        try (CorpusHost host = CorpusHost.encrypting(programs, keys, Corpus.half(programs.major(), false))) {
            assertThat(host.unexpected(host.states(), Corpus.Row::backup)).isEmpty();
            assertThat(host.unexpected(host.all(), Corpus.Row::all)).isEmpty();
        }
    }
}
