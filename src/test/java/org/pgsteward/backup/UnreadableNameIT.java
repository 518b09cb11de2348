package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** A database with a name that is not UTF-8. A session in a database of another encoding can create it. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UnreadableNameIT {
    private TestHost host;

    @BeforeAll
    void start() throws Exception {
        host = TestHost.start();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0",
                        "CREATE DATABASE \"größe 漢 🐘\" TEMPLATE template0",
                        "CREATE DATABASE odd TEMPLATE template0");
        host.cluster()
                .run(
                        "ascii",
                        "UPDATE pg_catalog.pg_database SET datname = convert_from('\\x6fe964', 'SQL_ASCII')::name"
                                + " WHERE datname = 'odd'");
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @Test
    void isNamedWithTheStatementThatRenamesItAndAllOthersAreBackedUp() throws Exception {
        Wiring wiring = host.wiring();
        wiring.house.order();
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            Objects.requireNonNull(pipeline);
            assertThat(wiring.targets.all(BackupKind.DUMP))
                    .extracting(found -> found.target().database())
                    .containsExactlyInAnyOrder("ascii", "größe 漢 🐘", "homelab", "postgres");
            assertThat(host.backUp(wiring, "größe 漢 🐘").state()).isEqualTo(BackupState.VERIFIED);

            List<Targets.Found> unreadable = wiring.targets.unreadable();

            assertThat(unreadable).singleElement().satisfies(found -> {
                assertThat(found.target().database()).isEqualTo("o\\351d");
                assertThat(found.hindrance())
                        .startsWith("its name is not UTF-8; rename it: UPDATE pg_catalog.pg_database SET");
            });
            String rename = unreadable.get(0).hindrance().replaceFirst("^[^:]*: ", "");
            host.cluster().run("homelab", rename.replace("new_name", "even"));
            assertThat(wiring.targets.unreadable()).isEmpty();
            assertThat(host.backUp(wiring, "even").state()).isEqualTo(BackupState.VERIFIED);
        }
    }
}
