package org.pgsteward.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** The programs of this machine beside a real server. */
@NeedsPostgres
class ProgramsCheckIT {
    private final TestCluster cluster = TestCluster.shared();

    @Test
    void missingProgramsAreCriticalWithTheLinesForCompose(@TempDir Path empty) {
        int major = cluster.ownPrograms().major();

        assertThat(new ProgramsCheck(cluster.server(), Optional.of(empty)).diagnose())
                .singleElement()
                .satisfies(found -> {
                    assertThat(found.severity()).isEqualTo(Severity.CRITICAL);
                    assertThat(found.cause())
                            .startsWith("all backups fail: cannot find the programs of PostgreSQL " + major)
                            .contains("POSTGRES_MAJOR=" + major);
                    assertThat(found.remedy()).contains("docker compose up --build -d");
                });
    }

    @Test
    void programsOfTheServerItselfAreFine() {
        Path ours = cluster.ownPrograms().directory();

        assertThat(new ProgramsCheck(cluster.server(), Optional.of(ours)).diagnose())
                .isEmpty();
    }
}
