package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/**
 * Backs up half of the corpus in one night on PostgreSQL 15. Restores it onto an empty server by pgsteward and by
 * the lines of RECOVERY.md. {@link CorpusOn17IT} uses the other half, and {@link CorpusSoakIT} restores everything
 * in every way on both versions.
 */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class CorpusIT {
    @Test
    void firstHalfIsRestoredExceptForTheListedDifferences() throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        Programs programs = TestCluster.programs();
        try (CorpusHost host = new CorpusHost(programs, Map.of(), Map.of(), Corpus.half(programs.major(), true))) {
            assertThat(host.unexpected(host.states(), Corpus.Row::backup)).isEmpty();
            assertThat(host.unexpected(host.all(), Corpus.Row::all)).isEmpty();
            assertThat(host.unexpected(host.lines(), Corpus.Row::lines)).isEmpty();
        }
    }

    @Test
    void theTableHasMoreThanSixtyDatabasesForEachVersion() throws IOException {
        assertThat(new TreeMap<>(Corpus.expected(15))).hasSizeGreaterThan(60);
        assertThat(new TreeMap<>(Corpus.expected(17))).hasSizeGreaterThan(60);
    }
}
