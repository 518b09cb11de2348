package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Age;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.ObstinateSession;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/** Restores on a live server. The database has all its content, and no client ever sees a part of it. */
@NeedsPostgres
class RestoreIT extends OnRestoreHost {
    @Test
    void restoresRowsObjectsOwnersRightsAndComments() throws Exception {
        String service = restores.service(Contents.everything());
        Restore.Order order = restores.order(service, service + "_back");

        Restore.Done done = wiring.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.notes()).isEmpty();
        assertThat(done.rows()).isEqualTo(100 + 50 + 2 + 30 + 30 + 3 + 2 + 1);
        assertThat(Contents.of(server, service + "_back"))
                .isEqualTo(Contents.of(server, service))
                .hasSizeGreaterThan(10);
        assertThat(Contents.schema(host.cluster(), TestCluster.programs(), service + "_back"))
                .isEqualTo(Contents.schema(host.cluster(), TestCluster.programs(), service))
                .contains("COMMENT ON TABLE public.generated", "GRANT SELECT ON TABLE public.generated TO PUBLIC");
        assertThat(restores.rights(service + "_back")).isEqualTo(restores.rights(service));
        Contents.runAs(
                server,
                service,
                RestoreHost.PASSWORD,
                service + "_back",
                "INSERT INTO public.generated (a) VALUES (0)");
    }

    @Test
    void onPostgres17ItIsTheSame() throws Exception {
        Optional<Programs> programs = found(17);
        assumeTrue(programs.isPresent(), "skipped: PostgreSQL 17 is not on this machine; install postgresql-17");
        try (TestHost other = TestHost.start(TestCluster.start(programs.orElseThrow()))) {
            Wiring there = other.wiring();
            there.house.order();
            other.cluster()
                    .run(
                            "homelab",
                            "CREATE ROLE wiki LOGIN PASSWORD 'pw'",
                            "CREATE DATABASE wiki OWNER wiki TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE"
                                    + " 'C.UTF-8'",
                            "REVOKE ALL ON DATABASE wiki FROM PUBLIC");
            Contents.runAs(other.cluster().server(), "wiki", new Secret("pw"), "wiki", Contents.everything());
            try (Pipeline running = there.backupPipeline().start()) {
                assertThat(running).isNotNull();
                assertThat(other.backUp(there, "wiki").state()).isEqualTo(BackupState.VERIFIED);
            }
            var before = Contents.of(other.cluster().server(), "wiki");
            String schema = Contents.schema(other.cluster(), programs.orElseThrow(), "wiki");
            StoredBackup stored = Inventory.of(there.store).of("wiki").get(0);

            there.restore.into(new Restore.Order(stored, "wiki", "back"), RestoreProgress.QUIET);
            there.restore.replace(new Restore.Order(stored, "wiki", "wiki"), RestoreProgress.QUIET);

            other.cluster()
                    .run(
                            "homelab",
                            "CREATE DATABASE sorted OWNER wiki TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
                                    + " ICU_RULES '&a < z' LOCALE 'C.UTF-8'",
                            "REVOKE ALL ON DATABASE sorted FROM PUBLIC");
            try (Pipeline running = there.backupPipeline().start()) {
                assertThat(running).isNotNull();
                assertThat(other.backUp(there, "sorted").state()).isEqualTo(BackupState.VERIFIED);
            }
            StoredBackup sorted = Inventory.of(there.store).of("sorted").get(0);
            there.restore.into(new Restore.Order(sorted, "wiki", "sorted_back"), RestoreProgress.QUIET);
            there.restore.replace(new Restore.Order(sorted, "wiki", "sorted"), RestoreProgress.QUIET);
            for (String restored : List.of("sorted_back", "sorted")) {
                assertThat(Contents.rows(
                                other.cluster().server(),
                                restored,
                                "SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['a', 'b', 'z']) AS c"))
                        .containsExactly("azb");
            }

            for (String restored : List.of("back", "wiki")) {
                assertThat(Contents.of(other.cluster().server(), restored)).isEqualTo(before);
                assertThat(Contents.schema(other.cluster(), programs.orElseThrow(), restored))
                        .isEqualTo(schema);
                assertThat(Contents.rows(
                                other.cluster().server(),
                                "homelab",
                                "SELECT concat(datlocprovider, datlocale) FROM pg_database WHERE datname = '" + restored
                                        + "'"))
                        .containsExactly("bC.UTF-8");
            }
        }
    }

    @Test
    void anEncryptedDumpIsRestoredOnlyWithItsIdentity() throws Exception {
        Age age = Age.keys();
        String service = restores.service("CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
        Wiring encrypting = host.wiring(
                Map.of("pgsteward.backup.recipients", age.recipient(), "pgsteward.backup.identity", age.identity()));
        try (Pipeline running = encrypting.backupPipeline().start()) {
            assertThat(running).isNotNull();
            assertThat(host.backUp(encrypting, service).state()).isEqualTo(BackupState.VERIFIED);
        }
        Restore.Order order = restores.stored(service, service, service + "_back");

        restores.refused(order, ": it is encrypted, and this host has no identity; set PGSTEWARD_BACKUP_IDENTITY_FILE");
        Restore.Done done = encrypting.restore.into(order, RestoreProgress.QUIET);

        assertThat(done.rows()).isEqualTo(10);
        assertThat(host.store().resolve(RecoveryCard.NAME))
                .content()
                .contains("age -d -i \"$AGE_KEY\" " + order.backup().path() + " | zstd -dc | pg_restore");
    }

    private static Optional<Programs> found(int major) {
        try {
            return Optional.of(Programs.find(Optional.empty(), major));
        } catch (IOException notHere) {
            return Optional.empty();
        }
    }

    @Test
    void aReplaceUnderLoadShowsNoIncompleteDatabase() throws Exception {
        String service = restores.service(
                "CREATE TABLE public.a AS SELECT generate_series(1, 5000) AS n",
                "CREATE TABLE public.b AS SELECT generate_series(1, 5000) AS n");
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE reader_of_" + service + " LOGIN",
                        "GRANT CONNECT ON DATABASE " + service + " TO reader_of_" + service,
                        "ALTER DATABASE " + service + " SET search_path = \"$user\", public, \"odd, one\"",
                        "ALTER DATABASE " + service + " SET work_mem = '3MB'",
                        "ALTER DATABASE " + service + " CONNECTION LIMIT 40",
                        "COMMENT ON DATABASE " + service + " IS 'it''s mine'");
        Restore.Order order = restores.order(service, service);
        Contents.runAs(server, service, RestoreHost.PASSWORD, service, "DELETE FROM public.b WHERE n > 10");
        List<String> set = restores.settings(service);
        AtomicBoolean done = new AtomicBoolean();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        AtomicInteger errors = new AtomicInteger();
        AtomicInteger answers = new AtomicInteger();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean stays = i % 2 == 0;
            Thread client = new Thread(() -> {
                while (!done.get()) {
                    look(service, stays, done, seen, errors, answers);
                }
            });
            clients.add(client);
            client.start();
        }
        await().until(() -> answers.get() > 20);

        Restore.Done replaced = wiring.restore.replace(order, RestoreProgress.QUIET);

        int before = answers.get();
        await().until(() -> answers.get() > before + 20);
        done.set(true);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(seen).containsExactlyInAnyOrder("5000 10", "5000 5000");
        assertThat(errors.get()).isPositive();
        assertThat(replaced.swapTime()).isLessThan(Duration.ofSeconds(5));
        String kept = replaced.kept().orElseThrow();
        assertThat(kept).matches(service + "_before_\\d{8}T\\d{6}Z");
        assertThat(restores.rows(
                        "SELECT datallowconn || ' ' || pg_get_userbyid(datdba) FROM pg_database WHERE datname = '"
                                + kept + "'"))
                .containsExactly("false homelab");
        assertThat(restores.settings(service)).isEqualTo(set).hasSizeGreaterThan(4);
        assertThat(restores.rights(service)).contains("reader_of_" + service + " CONNECT");
        host.cluster().run("homelab", "ALTER DATABASE \"" + kept + "\" ALLOW_CONNECTIONS true");
        assertThat(Contents.rows(server, kept, "SELECT count(*) FROM public.b")).containsExactly("10");
        System.out.println("swapped under load in " + replaced.swapTime().toMillis() + " ms");
    }

    /** Reads both tables in one statement, over a connection that stays open or over a new one. */
    private void look(
            String service,
            boolean stays,
            AtomicBoolean done,
            Set<String> seen,
            AtomicInteger errors,
            AtomicInteger answers) {
        try (Connection connection = server.connectAs(service, RestoreHost.PASSWORD, service);
                Statement statement = connection.createStatement()) {
            do {
                try (ResultSet row = statement.executeQuery(
                        "SELECT (SELECT count(*) FROM public.a) || ' ' || (SELECT count(*) FROM public.b)")) {
                    row.next();
                    seen.add(row.getString(1));
                    answers.incrementAndGet();
                }
            } while (stays && !done.get());
        } catch (SQLException e) {
            errors.incrementAndGet();
            if (!String.valueOf(e.getSQLState()).matches("57P01|3D000|08.*")) {
                seen.add(e.getSQLState() + " " + e.getMessage());
            }
        }
    }

    @Test
    void aServiceCannotKeepTheTurnOfRestores() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = restores.order(service, service + "_back");
        host.cluster().run("homelab", "GRANT CONNECT ON DATABASE homelab TO " + service);
        try (ObstinateSession holding = new ObstinateSession(server, service, RestoreHost.PASSWORD)) {
            assertThat(holding).isNotNull();
            assertThat(wiring.restore.into(order, RestoreProgress.QUIET).rows()).isEqualTo(1);
        }
    }

    @Test
    void aSecondRestoreWhileOneIsUnderWayIsRefused() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = restores.order(service, service + "_back");
        Wiring elsewhere = host.wiring(
                "pgsteward.state.dir", host.folder().resolve("state-elsewhere").toString());
        List<String> refusals = new ArrayList<>();
        RestoreProgress meddler = new RestoreProgress() {
            @Override
            public void step(String what) {
                for (Wiring second : refusals.isEmpty() ? List.of(wiring, elsewhere) : List.<Wiring>of()) {
                    try {
                        second.house.order();
                        second.restore.into(restores.stored(service, service, "second"), RestoreProgress.QUIET);
                    } catch (Exception e) {
                        refusals.add(String.valueOf(e.getMessage()));
                    }
                    try {
                        second.recovery.rebuild(RestoreProgress.QUIET, Recovery.Consent.NONE);
                    } catch (Exception e) {
                        refusals.add(String.valueOf(e.getMessage()));
                    }
                }
            }

            @Override
            public void poured(long bytes, long total) {}
        };
        Restore.Done done = wiring.restore.into(order, meddler);
        assertThat(refusals)
                .hasSize(4)
                .containsOnly("another restore is running on this server; try again when it has ended");
        assertThat(done.rows()).isEqualTo(1);
    }
}
