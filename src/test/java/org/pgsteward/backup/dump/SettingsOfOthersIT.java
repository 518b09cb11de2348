package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.restore.RestoreProgress;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Settings of several megabytes that role wiki makes for itself in the database of role shop, where it may not even
 * log in.
 */
@NeedsPostgres
class SettingsOfOthersIT {
    private static final Secret PASSWORD = new Secret("wikis");
    private static final String LARGE =
            "DO $$ BEGIN EXECUTE format('ALTER ROLE wiki IN DATABASE shop SET application_name = %L',"
                    + " repeat('x', 7000000)); END $$";
    private static final String SETTINGS = "SELECT d.datname FROM pg_db_role_setting AS s"
            + " JOIN pg_database AS d ON d.oid = s.setdatabase WHERE s.setrole = 'wiki'::regrole"
            + " AND d.datname IN ('homelab', 'shop') ORDER BY 1";

    private static TestHost host;
    private static Wiring wiring;
    private static Pipeline pipeline;

    @BeforeAll
    static void start() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE wiki LOGIN PASSWORD 'wikis'",
                        "CREATE DATABASE wiki OWNER wiki",
                        "CREATE ROLE shop LOGIN PASSWORD 'shops'",
                        "CREATE DATABASE shop OWNER shop",
                        "REVOKE ALL ON DATABASE shop FROM PUBLIC",
                        "ALTER ROLE wiki IN DATABASE homelab SET work_mem = '5MB'");
        host.cluster().run("shop", "CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
        host.cluster().run("shop", "ALTER TABLE public.t OWNER TO shop");
    }

    @AfterAll
    static void stop() throws Exception {
        pipeline.close();
        host.close();
    }

    @Test
    void largeOnesAreResetBeforeTheDump() throws Exception {
        asWiki(LARGE);

        backUp();

        assertThat(host.rows("homelab", SETTINGS)).as("small settings stay").containsExactly("homelab");
        assertThat(restoredRows("shop_reset")).isEqualTo(10);
    }

    @Test
    void aDumpThatHoldsThemIsRestoredWithoutThem() throws Exception {
        asWiki(LARGE);
        try (Connection open = host.cluster().server().connectAs("wiki", PASSWORD, "wiki");
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("ALTER ROLE wiki IN DATABASE shop RESET ALL");

            backUp();

            open.rollback();
        }

        assertThat(host.rows("homelab", SETTINGS)).containsExactly("homelab", "shop");
        assertThat(restoredRows("shop_held")).isEqualTo(10);
        backUp();
        assertThat(host.rows("homelab", SETTINGS))
                .as("the next backup resets them")
                .containsExactly("homelab");
    }

    /** Role wiki makes a setting in the staging database before that database replaces the live one. */
    @Test
    void aForeignSettingOnTheStagingDatabaseBlocksNoReplace() throws Exception {
        host.cluster().run("homelab", "ALTER ROLE wiki IN DATABASE shop SET work_mem = '6MB'");
        backUp();
        CompletableFuture<Boolean> attack =
                CompletableFuture.supplyAsync(SettingsOfOthersIT::setForTheNext, task -> new Thread(task).start());
        StoredBackup newest = Inventory.of(wiring.store).of("shop").get(0);

        wiring.restore.replace(new Restore.Order(newest, "shop", "shop"), RestoreProgress.QUIET);

        assertThat(attack).succeedsWithin(Duration.ofMinutes(1));
        assertThat(host.rows(
                        "homelab",
                        "SELECT setconfig::text FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase"
                                + " WHERE d.datname = 'shop'"))
                .as("settings of the live database")
                .containsExactly("{work_mem=6MB}");
        host.cluster().run("homelab", "ALTER ROLE wiki IN DATABASE shop RESET ALL");
    }

    private static boolean setForTheNext() {
        try {
            asWiki("""
                    DO $$ DECLARE d text; BEGIN
                      LOOP
                        SELECT datname INTO d FROM pg_database WHERE datname LIKE 'pgsteward\\_restore\\_%';
                        EXIT WHEN d IS NOT NULL;
                        PERFORM pg_sleep(0.005);
                      END LOOP;
                      EXECUTE format('ALTER ROLE wiki IN DATABASE %I SET work_mem = ''7MB''', d);
                    END $$""");
            return true;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void asWiki(String sql) throws SQLException {
        Contents.runAs(host.cluster().server(), "wiki", PASSWORD, "wiki", sql);
    }

    private static void backUp() throws SQLException {
        assertThat(host.backUp(wiring, "shop").state()).isEqualTo(BackupState.VERIFIED);
    }

    private static long restoredRows(String database) throws Exception {
        StoredBackup newest = Inventory.of(wiring.store).of("shop").get(0);
        return wiring.restore
                .into(new Restore.Order(newest, "shop", database), RestoreProgress.QUIET)
                .rows();
    }
}
