package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Server;

/** The page and the metrics read the sizes of databases rarely, and never use old ones for long. */
@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DatabaseSizesIT {
    private static final String GROW =
            "CREATE TABLE public.grown AS SELECT repeat(md5(n::text), 20) FROM generate_series(1, 5000) AS n";

    private final SettableClock clock = new SettableClock();
    private final AtomicInteger readAgain = new AtomicInteger();

    @Test
    void sizesAreReadAgainInTheBackgroundAfterAMinute() throws Exception {
        try (TestHost host = TestHost.start();
                Connection connection = management(host)) {
            DatabaseSizes sizes = sizes(host);
            long small = size(sizes, connection);
            host.cluster().run("wiki", GROW);

            clock.pass(DatabaseSizes.FRESH.minusSeconds(1));
            assertThat(size(sizes, connection)).isEqualTo(small);
            assertThat(readAgain).hasValue(0);

            clock.pass(DatabaseSizes.FRESH);
            assertThat(size(sizes, connection)).isEqualTo(small);
            await().untilAsserted(() ->
                    assertThat(size(sizes, connection)).isGreaterThan(small).isEqualTo(real(connection)));
            assertThat(readAgain).hasValue(1);
        }
    }

    @Test
    void sizesOlderThanFiveMinutesAreReadBeforeTheAnswer() throws Exception {
        try (TestHost host = TestHost.start();
                Connection connection = management(host)) {
            DatabaseSizes sizes = sizes(host);
            size(sizes, connection);
            host.cluster().run("wiki", GROW);

            clock.pass(DatabaseSizes.MOST);
            assertThat(size(sizes, connection)).isEqualTo(real(connection));
            assertThat(readAgain).hasValue(0);
        }
    }

    @Test
    void aNewDatabaseHasItsSizeAtOnceAndADroppedOneIsGone() throws Exception {
        try (TestHost host = TestHost.start();
                Connection connection = management(host)) {
            DatabaseSizes sizes = sizes(host);
            sizes.read(connection);
            host.cluster().run("homelab", "CREATE DATABASE shop");
            assertThat(sizes.read(connection)).containsAll(DatabaseMetrics.read(connection));

            host.cluster().run("homelab", "DROP DATABASE shop");
            List<DatabaseMetrics.Figure> left = sizes.read(connection);
            assertThat(left)
                    .extracting(DatabaseMetrics.Figure::service)
                    .doesNotContain("shop")
                    .contains("wiki");
        }
    }

    private static Connection management(TestHost host) throws Exception {
        host.wiring().house.order();
        host.cluster().run("homelab", "CREATE DATABASE wiki");
        Server server = host.cluster().server();
        return server.connect(server.address().database());
    }

    private DatabaseSizes sizes(TestHost host) {
        return new DatabaseSizes(
                () -> {
                    readAgain.incrementAndGet();
                    return host.cluster().server().connectToLook();
                },
                clock);
    }

    private static long size(DatabaseMetrics.Source source, Connection connection) throws SQLException {
        return source.read(connection).stream()
                .filter(figure -> figure.service().equals("wiki"))
                .mapToLong(DatabaseMetrics.Figure::sizeBytes)
                .sum();
    }

    private static long real(Connection connection) throws SQLException {
        return size(DatabaseMetrics::read, connection);
    }
}
