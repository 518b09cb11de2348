package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.postgres.NeedsPostgres;

/** The command {@code backups} on a store with faults, as a process. */
@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class BackupsCommandIT {
    @Test
    void aMissingOrTruncatedFileIsDamaged() throws Exception {
        try (TestHost host = TestHost.start()) {
            host.cluster().run("homelab", "CREATE DATABASE wiki", "CREATE DATABASE notes");
            assertThat(CommandRun.on(host, "backup", "wiki", "notes").code()).isZero();
            Path gone = file(host, "wiki");
            Files.delete(gone);
            Path cut = file(host, "notes");
            long size = Files.size(cut);
            try (RandomAccessFile file = new RandomAccessFile(cut.toFile(), "rw")) {
                file.setLength(100);
            }

            CommandRun list = CommandRun.on(host, "backups");

            assertThat(list.out()).containsPattern("wiki +dump .* damaged +wiki-");
            assertThat(list.out()).containsPattern("notes +dump .* damaged +notes-");
            assertThat(list.err())
                    .contains("pgsteward: wiki/" + gone.getFileName() + " is not in the store " + host.store())
                    .contains("pgsteward: notes/" + cut.getFileName() + " has 100 bytes instead of " + size);
        }
    }

    private static Path file(TestHost host, String service) throws Exception {
        try (Stream<Path> files = Files.list(host.store().resolve(service))) {
            return files.filter(file -> file.toString().endsWith(".zst"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
