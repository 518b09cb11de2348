package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
class SqlIT {
    private static final Set<String> DIVISION_BY_ZERO = Set.of("22012");

    /** Savepoints that stay would fill the server's memory, since the transaction lasts for days. */
    @Test
    void nestedStatementsLeaveNoSavepointWhicheverHandlesTheError() throws Exception {
        try (TestCluster cluster = TestCluster.start();
                Connection session = cluster.server().connect("homelab")) {
            session.setAutoCommit(false);
            for (Set<String> inner : Set.of(DIVISION_BY_ZERO, Set.<String>of())) {
                Sql.query(session, DIVISION_BY_ZERO, () -> Sql.query(session, inner, () -> fail(session)));

                assertThat(Sql.value(session, "SELECT 'usable'")).isEqualTo("usable");
                assertThatThrownBy(() -> Query.run(session, "RELEASE SAVEPOINT guard"))
                        .hasMessageContaining("savepoint \"guard\" does not exist");
                session.rollback();
            }
        }
    }

    private static String fail(Connection session) throws SQLException {
        return Sql.value(session, "SELECT 1 / 0");
    }
}
