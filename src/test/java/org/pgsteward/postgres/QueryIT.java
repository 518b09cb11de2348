package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@NeedsPostgres
class QueryIT {
    private static TestCluster cluster;

    private Connection connection;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start();
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        connection = cluster.server().connect("postgres");
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    @Test
    void readsRowsAsListMapFirstAndOne() throws SQLException {
        String sql = "SELECT n, 'row ' || n FROM generate_series(3, 1, -1) AS n";

        assertThat(Query.list(connection, sql, row -> row.getInt(1))).containsExactly(3, 2, 1);
        Map<Integer, String> map = Query.map(connection, sql, row -> row.getInt(1), row -> row.getString(2));
        assertThat(map).containsExactly(Map.entry(1, "row 1"), Map.entry(2, "row 2"), Map.entry(3, "row 3"));
        assertThat(Query.first(connection, sql, row -> row.getInt(1))).contains(3);
        String one = Query.one(connection, sql, row -> row.getString(2));
        assertThat(one).isEqualTo("row 3");
    }

    @Test
    void noRowIsEmptyForFirstAndAnErrorForOne() throws SQLException {
        String sql = "SELECT 1 WHERE false";

        assertThat(Query.list(connection, sql, row -> row.getInt(1))).isEmpty();
        assertThat(Query.first(connection, sql, row -> row.getInt(1))).isEmpty();
        assertThatThrownBy(() -> Query.one(connection, sql, row -> row.getInt(1)))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("02000"));
    }

    @Test
    void takesParametersOfEachKind() throws SQLException {
        Instant noon = Instant.parse("2026-03-01T12:00:00Z");
        String name = "'; DROP TABLE \"x\"; -- ? \\ ü";

        List<Object> values = Query.one(
                connection,
                "SELECT ?, ?::int, ?::bigint, ?::timestamptz, ?::text[], ?::text",
                row -> List.of(
                        row.getString(1),
                        row.getInt(2),
                        row.getLong(3),
                        Query.time(row, 4),
                        List.of((Object[]) row.getArray(5).getArray()),
                        Query.timeIfAny(row, 6)),
                name,
                7,
                Long.MAX_VALUE,
                noon,
                List.of(name, "b"),
                null);

        assertThat(values).containsExactly(name, 7, Long.MAX_VALUE, noon, List.of(name, "b"), Optional.empty());
    }

    @Test
    void runsStatementsWithAndWithoutRows() throws SQLException {
        Query.run(connection, "CREATE TEMPORARY TABLE t (n int); INSERT INTO t VALUES (1), (2)");
        Query.run(connection, "INSERT INTO t VALUES (?)", 3);
        Query.run(connection, "SELECT n FROM t");
        Query.run(connection, "SELECT n FROM t WHERE n = ?", 3);

        assertThat(Query.list(connection, "SELECT n FROM t ORDER BY n", row -> row.getInt(1)))
                .containsExactly(1, 2, 3);
        assertThatThrownBy(() -> Query.run(connection, "SELECT 1 / 0"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22012"));
    }

    @Test
    void questionMarksNeedNoParametersAndLeaveNoPlan() throws SQLException {
        String sql = "SELECT '{\"a\": 1}'::jsonb ? 'a'";
        for (int i = 0; i < 10; i++) {
            boolean hasKey = Query.one(connection, sql, row -> row.getBoolean(1));
            assertThat(hasKey).isTrue();
        }
        int plans =
                Query.one(connection, "SELECT count(*) FROM pg_catalog.pg_prepared_statements", row -> row.getInt(1));
        assertThat(plans).isZero();
    }
}
