package org.pgsteward.postgres.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TableRows;
import org.pgsteward.postgres.TestCluster;

/** The driver with a real server whose messages exceed a daemon's memory. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BoundedMessagesIT {
    private TestCluster cluster;

    @BeforeAll
    void start() throws Exception {
        cluster = TestCluster.start();
        cluster.run(
                "homelab",
                "CREATE TABLE public.large (value text)",
                "ALTER TABLE public.large ALTER value SET STORAGE EXTERNAL",
                "INSERT INTO public.large SELECT repeat('x', bytes) FROM unnest(ARRAY[1, 65000, 66000, 42000000]) AS bytes",
                "INSERT INTO public.large SELECT 'short' FROM generate_series(1, 10000)");
    }

    @AfterAll
    void stop() throws Exception {
        cluster.close();
    }

    @Test
    void rowsAreCountedHoweverLongTheyAre() throws SQLException {
        try (Connection connection = cluster.server().connect("homelab")) {
            assertThat(TableRows.count(connection, "public.large")).isEqualTo(10_004);
            assertThat(TableRows.count(connection, "public.large")).isEqualTo(10_004);
        }
    }

    @Test
    void aStatementWithALongRowFailsAndTheSessionGoesOn() throws SQLException {
        try (Connection connection = cluster.server().connect("homelab");
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.executeQuery("SELECT value FROM public.large ORDER BY length(value)"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("the server sent 40 MiB at once, and pgsteward reads at most 4 MiB")
                    .extracting(thrown -> ((SQLException) thrown).getSQLState())
                    .isEqualTo("54000");
            assertThatThrownBy(() -> statement.execute("DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 5000000); END $$"))
                    .hasMessageContaining("the server sent an error of 4882 KiB, and pgsteward reads at most 64 KiB");
            assertThatThrownBy(() -> statement.execute("DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 60000); END $$"))
                    .hasMessageContaining("xxxxx");
            statement.execute("DO $$ BEGIN RAISE NOTICE '%', repeat('x', 5000000); END $$");
            assertThat((Throwable) statement.getWarnings()).isNull();
            try (ResultSet row = statement.executeQuery("SELECT repeat('x', 4000000)")) {
                row.next();
                assertThat(row.getString(1)).hasSize(4_000_000);
            }
        }
    }

    /**
     * The driver keeps the notices of a statement until it is closed. A service's function can raise any number of
     * them.
     */
    @Test
    void onlyTheFirstOfManyNoticesAreKept() throws SQLException {
        try (Connection connection = cluster.server().connect("homelab");
                Statement statement = connection.createStatement()) {
            for (int twice = 0; twice < 2; twice++) {
                statement.execute(
                        "DO $$ BEGIN FOR i IN 1..10000 LOOP RAISE NOTICE '%', repeat('x', 10000); END LOOP; END $$");
                int kept = 0;
                for (SQLWarning warning = statement.getWarnings();
                        warning != null;
                        warning = warning.getNextWarning()) {
                    kept++;
                }
                assertThat(kept).isBetween(1, BoundedMessages.MOST_OF_NOTICES / 10_000);
                statement.clearWarnings();
            }
        }
    }

    @Test
    void goesOnAfterATimeOutAtAnyByte() throws Exception {
        byte[] sent = ByteBuffer.allocate(5 + 100_000 + 6)
                .put((byte) 'd')
                .putInt(100_004)
                .put(new byte[100_000])
                .put((byte) 'Z')
                .putInt(5)
                .put((byte) 'I')
                .array();
        BoundedMessages messages = new BoundedMessages(new Hesitating(sent));
        byte[] read = new byte[12];
        int at = 0;
        int timeouts = 0;
        while (at < read.length) {
            try {
                at += messages.read(read, at, read.length - at);
            } catch (SocketTimeoutException again) {
                timeouts++;
            }
        }

        assertThat(read).containsExactly('d', 0, 0, 0, 5, '\n', 'Z', 0, 0, 0, 5, 'I');
        assertThat(timeouts).isGreaterThan(10);
        while (true) {
            try {
                assertThat(messages.read()).isEqualTo(-1);
                break;
            } catch (SocketTimeoutException again) {
                timeouts++;
            }
        }
    }

    /** Times out before each piece, and the pieces are small. */
    private static final class Hesitating extends InputStream {
        private final ByteArrayInputStream bytes;
        private boolean patient;

        Hesitating(byte[] bytes) {
            this.bytes = new ByteArrayInputStream(bytes);
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("a buffer reads pieces");
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws SocketTimeoutException {
            patient = !patient;
            if (patient) {
                throw new SocketTimeoutException("not yet");
            }
            return bytes.read(buffer, offset, Math.min(length, bytes.available() > 20 ? 5000 : 1));
        }

        @Override
        public long skip(long count) throws IOException {
            return Math.max(0, read(new byte[(int) Math.min(count, 5000)], 0, (int) Math.min(count, 5000)));
        }
    }
}
