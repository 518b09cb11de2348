package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;

/** Restores the whole corpus in every way on both versions. On PostgreSQL 17 the backups are encrypted. */
@ExtendWith(NeedsPostgres.Condition.class)
@Tag("soak")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class CorpusSoakIT {
    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void everyWayRestoresEachDatabaseButForListedDifferences(int major, @TempDir Path keys) throws Exception {
        Optional<Programs> programs = Corpus.programs(major);
        assumeTrue(programs.isPresent(), "skipped: PostgreSQL " + major + " is not on this machine");
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        try (CorpusHost host = major == 15
                ? new CorpusHost(programs.get(), Map.of(), Map.of(), Corpus.files(major))
                : CorpusHost.encrypting(programs.get(), keys, Corpus.files(major))) {
            List<String> unexpected = new ArrayList<>();
            add(unexpected, "backup", host.unexpected(host.states(), Corpus.Row::backup));
            add(unexpected, "--all", host.unexpected(host.all(), Corpus.Row::all));
            add(unexpected, "--into", host.unexpected(host.into(), Corpus.Row::into));
            add(unexpected, "RECOVERY.md, everything", host.unexpected(host.lines(), Corpus.Row::lines));
            add(unexpected, "RECOVERY.md, one database", host.unexpected(host.beside(), Corpus.Row::beside));
            assertThat(unexpected).isEmpty();
        }
    }

    private static void add(List<String> all, String way, List<String> unexpected) {
        unexpected.forEach(line -> all.add(way + ": " + line));
    }
}
