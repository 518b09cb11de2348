package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
class WrittenBytesIT {
    private static final Secret PASSWORD = new Secret("its-own");
    private static final long GROWTH = 100L << 20;

    /** The writing sessions are so short that no reading finds one. */
    @Test
    void explainsGrowthByShortSessions() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        try (TestCluster cluster = TestCluster.start();
                Connection administrator = cluster.server().connect("homelab")) {
            cluster.run("homelab", "CREATE ROLE evil LOGIN PASSWORD '" + PASSWORD.reveal() + "'");
            administrator.setAutoCommit(false);
            WrittenBytes written = new WrittenBytes();
            written.read(administrator);
            written.explain(administrator, GROWTH);
            assertThat(written.byRole()).isEmpty();
            Thread sessions = new Thread(() -> {
                while (!over.get()) {
                    writeOnce(cluster);
                }
            });
            sessions.start();

            // On a busy machine, an observation may pass without a write.
            await().atMost(Duration.ofMinutes(2)).until(() -> {
                written.explain(administrator, GROWTH);
                return written.byRole().getOrDefault("evil", 0L) > 0;
            });

            over.set(true);
            sessions.join();
            assertThat(written.byRole()).containsOnlyKeys("evil");
            assertThat(written.byRole().get("evil")).isGreaterThanOrEqualTo(GROWTH);
        } finally {
            over.set(true);
        }
    }

    private static void writeOnce(TestCluster cluster) {
        try (Connection session = cluster.server().connectAs("evil", PASSWORD, "homelab");
                Statement statement = session.createStatement()) {
            statement.execute("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
