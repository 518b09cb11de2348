package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;
import static org.pgsteward.postgres.guard.Sessions.run;
import static org.pgsteward.postgres.guard.Sessions.start;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.DatabaseRename;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Role wiki locks the database of role shop, as every role can. */
@NeedsPostgres
class LockQueuesIT {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String LOCK_SHOP = "ALTER ROLE CURRENT_USER IN DATABASE shop SET work_mem = '2MB'";

    private static TestCluster cluster;
    private ServerGuard guard;
    private Connection administrator;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = TestCluster.start();
        cluster.run(
                "homelab",
                "CREATE ROLE wiki LOGIN PASSWORD 'wikis'",
                "CREATE DATABASE wiki OWNER wiki",
                "CREATE ROLE shop LOGIN PASSWORD 'shops'");
    }

    @BeforeEach
    void guard() throws SQLException {
        cluster.run("homelab", "CREATE DATABASE shop OWNER shop");
        guard = new ServerGuard(cluster.server(), FreeSpace.UNKNOWN);
        assertThat(guard.check().terminated()).isEmpty();
        administrator = cluster.server().connect("homelab");
    }

    @AfterEach
    void calm() throws SQLException {
        guard.close();
        run(administrator, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('wiki', 'shop')");
        run(administrator, "DROP DATABASE IF EXISTS shop WITH (FORCE)");
        administrator.close();
    }

    @AfterAll
    static void stop() throws IOException {
        cluster.close();
    }

    @Test
    void requesterOfTheStrongestForeignLockIsTerminated() throws Exception {
        try (Connection holder = as("wiki", "wiki");
                Connection dropper = as("wiki", "wiki")) {
            run(holder, "BEGIN", LOCK_SHOP);
            CompletableFuture<Void> drop = start(dropper, "DROP DATABASE shop");
            awaitRequests(1);
            CompletableFuture<Void> login = login("shop", "shop");
            awaitRequests(2);

            List<TerminatedSession> terminated = guard.check().terminated();

            assertThat(terminated)
                    .extracting(TerminatedSession::role, TerminatedSession::reason, TerminatedSession::countsAsOffence)
                    .containsExactly(tuple("wiki", "locked database shop (AccessExclusiveLock)", true));
            assertThat(login).succeedsWithin(PATIENCE);
            assertThat(drop).failsWithin(PATIENCE);
        }
    }

    @Test
    void blockerOfTheAdministratorsRenameIsTerminated() throws Exception {
        try (Connection holder = as("wiki", "wiki")) {
            run(holder, "BEGIN", LOCK_SHOP);
            CompletableFuture<Void> rename = start(administrator, "ALTER DATABASE shop RENAME TO shop_before");
            awaitRequests(1);

            await().atMost(PATIENCE)
                    .until(() -> guard.check().terminated().stream()
                            .anyMatch(one -> one.role().equals("wiki") && one.countsAsOffence()));

            assertThat(rename).succeedsWithin(PATIENCE);
            run(administrator, "ALTER DATABASE shop_before RENAME TO shop");
        }
    }

    @Test
    void renameThatTimesOutNamesTheLock() throws Exception {
        try (Connection holder = as("wiki", "wiki")) {
            run(holder, "BEGIN", LOCK_SHOP);
            run(administrator, "SET lock_timeout = '100ms'");

            assertThatThrownBy(() -> DatabaseRename.run(administrator, "shop", "shop_before"))
                    .hasMessageStartingWith("cannot rename database \"shop\" to \"shop_before\": another session holds"
                            + " a lock on it; try again");
        }
    }

    /** With this lock held, the owner's DROP DATABASE requests the lock that logins wait for. */
    @Test
    void blockerOfTheOwnersDropIsTerminatedNotTheOwner() throws Exception {
        try (Connection holder = as("wiki", "wiki");
                Connection owner = as("shop", "homelab")) {
            run(holder, "BEGIN", LOCK_SHOP);
            CompletableFuture<Void> drop = start(owner, "DROP DATABASE shop");
            awaitRequests(1);
            CompletableFuture<Void> login = login("shop", "shop");
            awaitRequests(2);

            await().atMost(PATIENCE).until(() -> {
                List<TerminatedSession> terminated = guard.check().terminated();
                assertThat(terminated).extracting(TerminatedSession::role).isSubsetOf("wiki");
                return !terminated.isEmpty();
            });

            assertThat(drop).succeedsWithin(PATIENCE);
            assertThat(login).as("the database is dropped").failsWithin(PATIENCE);
            assertThat(owner.isValid(5)).isTrue();
        }
    }

    @Test
    void sessionThatBlocksNoOtherIsLeftAlone() throws Exception {
        try (Connection holder = as("wiki", "wiki");
                Connection dropper = as("wiki", "wiki")) {
            run(holder, "BEGIN", LOCK_SHOP);
            CompletableFuture<Void> drop = start(dropper, "DROP DATABASE shop");
            awaitRequests(1);

            assertThat(guard.check().terminated()).isEmpty();

            assertThat(drop).isNotDone();
        }
    }

    @Test
    void theGuardLogsInAlthoughItsOwnDatabaseWasLockedBefore() throws Exception {
        try (Connection holder = as("wiki", "wiki");
                Connection dropper = as("wiki", "wiki");
                ServerGuard late = new ServerGuard(cluster.server(), FreeSpace.UNKNOWN)) {
            run(holder, "BEGIN", LOCK_SHOP.replace("shop", "homelab"));
            CompletableFuture<Void> drop = start(dropper, "DROP DATABASE homelab");
            awaitRequests(1);

            assertThat(late.check().terminated())
                    .extracting(TerminatedSession::role, TerminatedSession::reason)
                    .containsExactly(tuple("wiki", "locked database homelab (AccessExclusiveLock)"));

            assertThat(drop).failsWithin(PATIENCE);
        }
    }

    /** COMMENT takes its lock before PostgreSQL checks the privilege. No login waits for that lock. */
    @Test
    void ownerBlockingAStrangerIsLeftAlone() throws Exception {
        try (Connection owner = as("shop", "homelab");
                Connection stranger = as("wiki", "wiki")) {
            run(owner, "BEGIN", "COMMENT ON DATABASE shop IS 'restored'");
            CompletableFuture<Void> comment = start(stranger, "COMMENT ON DATABASE shop IS 'mine'");
            awaitRequests(1);
            run(administrator, "SELECT pg_sleep(11)");

            assertThat(guard.check().terminated()).isEmpty();

            run(owner, "COMMIT");
            assertThat(comment).failsWithin(PATIENCE);
        }
    }

    /** If a client gives up, its server process keeps waiting. Such processes would use up all connections. */
    @Test
    void loginsThatWaitTooLongAreEndedForAnyLockHolder() throws Exception {
        cluster.run("homelab", "ALTER ROLE shop CREATEDB");
        try (Connection owner = as("shop", "homelab")) {
            run(owner, "BEGIN", "ALTER DATABASE shop RENAME TO shop_for_the_moment");
            CompletableFuture<Void> login = login("shop", "shop");
            awaitRequests(1);

            LockQueues.endOldLogins(administrator, Duration.ofMinutes(5));
            assertThat(login).isNotDone();

            await().atMost(PATIENCE).until(() -> {
                LockQueues.endOldLogins(administrator, Duration.ofSeconds(1));
                return login.isDone();
            });
            assertThat(login).isCompletedExceptionally();
            assertThat(owner.isValid(5)).isTrue();
            run(owner, "ROLLBACK");
        }
    }

    private static Connection as(String role, String database) throws SQLException {
        return cluster.server().connectAs(role, new Secret(role + "s"), database);
    }

    private static CompletableFuture<Void> login(String role, String database) {
        return start(() -> as(role, database).close());
    }

    /** Waits until this number of sessions waits for a lock on a database. */
    private void awaitRequests(int many) {
        await().atMost(PATIENCE).until(() -> {
            try (Connection other = cluster.server().connect("postgres");
                    Statement statement = other.createStatement();
                    var row = statement.executeQuery("SELECT count(*) FROM pg_locks WHERE NOT granted"
                            + " AND classid = 'pg_database'::regclass")) {
                row.next();
                return row.getInt(1) == many;
            }
        });
    }
}
