package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ScratchSiteIT {
    private static final long MEGABYTE = 1024 * 1024;

    @Test
    void restoresRowsWithoutTheirWal() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        user.own(folder);
        try (ThrowawayCluster cluster = ThrowawayCluster.start(
                TestCluster.programs(),
                user,
                folder.resolve("scratch"),
                ThrowawayCluster.Plan.forVerification("boss", folder))) {
            cluster.sql("postgres", "CREATE ROLE wiki LOGIN;");
            cluster.sql("postgres", "CREATE DATABASE source OWNER wiki TEMPLATE template0;");
            cluster.sql("postgres", "CREATE DATABASE target OWNER wiki TEMPLATE template0;");
            cluster.sqlAs(
                    "wiki",
                    "source",
                    "CREATE TABLE page (id int PRIMARY KEY, text text);"
                            + " INSERT INTO page SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) AS n;");
            Path dump = cluster.data().resolve("dump");
            ClientProgram.run(
                    user,
                    cluster.client("pg_dump", "wiki", "source", "--format=custom", "--file=" + dump),
                    Map.of(),
                    "");
            ScratchSite site = new ScratchSite(cluster, "wiki");
            String before =
                    cluster.sql("postgres", "SELECT pg_current_wal_lsn();").strip();

            List<String> options = new ArrayList<>(OwnersRestore.OPTIONS);
            options.addAll(site.ofWholeRun(10));
            try (ClientProgram program = site.restoring("target", options)) {
                try (OutputStream stdin = program.input()) {
                    Files.copy(dump, stdin);
                }
                program.awaitSuccess();
            }

            String written =
                    cluster.sql("postgres", "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '" + before + "')::bigint;");
            assertThat(Long.parseLong(written.strip())).isLessThan(5 * MEGABYTE);
            assertThat(cluster.sqlAs("wiki", "target", "SELECT count(*) FROM page;")
                            .strip())
                    .isEqualTo("20000");
            assertThat(site.ofWholeRun(1001))
                    .as("a transaction holds the locks of all entries to its end")
                    .isEmpty();
        } finally {
            ThrowawayCluster.remove(folder);
        }
    }
}
