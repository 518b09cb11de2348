package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.backup.OnEachMajor;
import org.pgsteward.backup.Trap;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * Rows of a restored database, counted as the administrator. Code that a service put into its tables never runs as
 * the administrator.
 */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class StagingDatabaseIT extends OnEachMajor {
    @ParameterizedTest
    @MethodSource("majors")
    void countsOfARestoredDatabaseRunNoCodeAsAdministrator(int major) throws Exception {
        TestCluster cluster = cluster(major);
        Server server = cluster.server();
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        try (RestoreRole role = RestoreRole.invite(
                server, Programs.find(Optional.empty(), server.majorVersion()), user, Optional.of("svc"))) {
            StagingDatabase side = new StagingDatabase(server, role);
            side.create("svc", "");
            try (Connection restoring = role.enter(side.name());
                    Statement statement = restoring.createStatement()) {
                for (String sql : Trap.statements(marker)) {
                    statement.execute(sql);
                }
                statement.execute("CREATE VIEW public.b AS SELECT 1 AS id WHERE public.act() > 0");
            }
            assertThat(side.compareRows(Map.of("public.t", 7L))).isEqualTo(7);
            assertThatThrownBy(() -> side.compareRows(Map.of("public.b", 1L)))
                    .hasMessageContaining("cannot copy from view");
            side.drop();
        }
        assertThat(marker).doesNotExist();
    }
}
