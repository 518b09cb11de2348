package org.pgsteward.backup.dump;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.ObstinateSession;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

@NeedsPostgres
class RoleRowsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private TestCluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.start();
        cluster.run("homelab", "CREATE ROLE wiki LOGIN PASSWORD '" + TestCluster.PASSWORD.reveal() + "'");
    }

    @AfterEach
    void stop() throws IOException {
        cluster.close();
    }

    @Test
    void aRoleThatIsMadeBesideTheDumpWaitsForItsEnd() throws Exception {
        RoleRows rows = RoleRows.before(cluster.server());
        CompletableFuture<Void> newcomer = CompletableFuture.runAsync(() -> {
            try {
                cluster.run("homelab", "CREATE ROLE newcomer");
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
        await().atMost(PATIENCE)
                .until(() -> cluster.server()
                        .ask("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'pg_authid'::regclass")
                        .equals("1"));

        String dump = dump(rows, 2);

        assertThat(dump).contains("CREATE ROLE wiki;").doesNotContain("newcomer");
        newcomer.get();
        assertThat(cluster.server().ask("SELECT count(*) FROM pg_roles WHERE rolname = 'newcomer'"))
                .isEqualTo("1");
    }

    @Test
    void aServiceCannotKeepTheDumpFromBeingMade() throws Exception {
        try (ObstinateSession service = new ObstinateSession(cluster.server(), "wiki", TestCluster.PASSWORD)) {
            assertThat(service).isNotNull();
            assertThat(dump(RoleRows.before(cluster.server()), 2)).contains("CREATE ROLE wiki;");
        }
    }

    private String dump(RoleRows rows, long roles) throws Exception {
        List<String> command = List.of(TestCluster.programs().path("pg_dumpall").toString(), "--globals-only");
        try (ClientProgram program = cluster.server().start(UnprivilegedUser.ofThisProcess(), command, "homelab", "")) {
            CompletableFuture<Map<String, Long>> counted = rows.after(program);
            String dump = new String(program.output().readAllBytes(), UTF_8);
            assertThat(counted.get()).containsExactly(Map.entry("pg_catalog.pg_roles", roles));
            return dump;
        }
    }
}
