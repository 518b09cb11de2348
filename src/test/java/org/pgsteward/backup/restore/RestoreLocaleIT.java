package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Corpus;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/** A database that replaces the live one keeps the sort order of the live one. */
@NeedsPostgres
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class RestoreLocaleIT {
    private static final String LOCALES = """
            SELECT concat_ws('|', datname, datlocprovider, datcollate, datctype, pg_encoding_to_char(encoding),
                             COALESCE(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale'),
                             to_jsonb(d) ->> 'daticurules')
              FROM pg_database AS d WHERE datname IN ('plain', 'phonebook', 'ruled') ORDER BY datname
            """;

    @Test
    void aReplacedDatabaseKeepsItsLocale() throws Exception {
        replaces(TestCluster.programs());
    }

    @Test
    void aReplacedDatabaseKeepsItsLocaleOn17() throws Exception {
        Optional<Programs> programs = Corpus.programs(17);
        assumeTrue(programs.isPresent(), "skipped: PostgreSQL 17 is not on this machine; install postgresql-17");
        replaces(programs.orElseThrow());
    }

    private static void replaces(Programs programs) throws Exception {
        try (TestHost host = TestHost.start(TestCluster.start(programs))) {
            Wiring wiring = host.wiring();
            wiring.house.order();
            String create = " OWNER app TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'";
            String icu = create + " LOCALE_PROVIDER icu ICU_LOCALE 'de-DE-u-co-phonebk'";
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE ROLE app LOGIN",
                            "CREATE DATABASE plain" + create,
                            "CREATE DATABASE phonebook" + icu,
                            "CREATE DATABASE ruled" + icu + (programs.major() < 16 ? "" : " ICU_RULES '&a < z'"));
            List<String> before = host.rows("homelab", LOCALES);
            for (String database : List.of("plain", "phonebook", "ruled")) {
                StoredBackup stored = backUp(host, wiring, database);
                Restore.Done done =
                        wiring.restore.replace(new Restore.Order(stored, "app", database), RestoreProgress.QUIET);
                assertThat(done.notes()).isEmpty();
            }
            assertThat(host.rows("homelab", LOCALES)).isEqualTo(before).hasSize(3);
            refusesWhatTheServerCannotMake(host, wiring);
        }
    }

    /** Replaces a database with a locale that the server lacks, as after a change of the image. */
    private static void refusesWhatTheServerCannotMake(TestHost host, Wiring wiring) throws Exception {
        StoredBackup stored = backUp(host, wiring, "plain");
        host.cluster().run("homelab", "UPDATE pg_database SET datcollate = 'xx_XX.gone' WHERE datname = 'plain'");
        String databases = "SELECT oid || datname FROM pg_database ORDER BY oid";
        List<String> before = host.rows("homelab", databases);

        assertThatThrownBy(
                        () -> wiring.restore.replace(new Restore.Order(stored, "app", "plain"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith("cannot replace database plain: the server cannot create a database with"
                        + " ENCODING 'UTF8' LC_COLLATE 'xx_XX.gone' LC_CTYPE 'C.UTF-8' (ERROR: ")
                .hasMessageContaining("--into")
                .hasMessageNotContaining("\n");
        assertThat(host.rows("homelab", databases)).isEqualTo(before);
    }

    private static StoredBackup backUp(TestHost host, Wiring wiring, String database) throws Exception {
        try (Pipeline running = wiring.backupPipeline().start()) {
            assertThat(running).isNotNull();
            assertThat(host.backUp(wiring, database).state()).isEqualTo(BackupState.VERIFIED);
        }
        return Inventory.of(wiring.store).of(database).get(0);
    }
}
