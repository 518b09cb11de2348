package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@NeedsPostgres
class DatabaseRemovalIT {
    /** PostgreSQL does not interrupt a multiplication of large numbers. This one takes some seconds. */
    private static final String ENDLESS = "SELECT a * a = a * a" + " AND a * a = a * a".repeat(60)
            + " FROM (SELECT repeat('7', 65000)::numeric AS a OFFSET 0) AS s";

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Test
    void aStatementThatCannotBeInterruptedIsNotWaitedForWithoutLimit() throws Exception {
        try (TestCluster cluster = TestCluster.start();
                Connection administrator = cluster.server().connect("homelab");
                Connection busy = cluster.server().connect("homelab");
                Statement statement = busy.createStatement()) {
            cluster.run("homelab", "CREATE DATABASE other");
            Thread thread = new Thread(() -> {
                try {
                    statement.execute(ENDLESS);
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
            thread.start();
            await().atMost(PATIENCE)
                    .until(() -> cluster.server()
                            .ask(
                                    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT a * a = %'"
                                            + " AND pid <> pg_backend_pid()")
                            .equals("1"));

            assertThatThrownBy(() -> DatabaseRemoval.drop(administrator, "other", Duration.ofMillis(500)))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(DatabaseRemoval.tookTooLong(e)).isTrue());

            thread.join();
            DatabaseRemoval.drop(administrator, "other", DatabaseRemoval.LONGEST);
            assertThat(cluster.server().ask("SELECT count(*) FROM pg_database WHERE datname = 'other'"))
                    .isEqualTo("0");
        }
    }
}
