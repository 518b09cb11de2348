package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** The memory of a dump's sessions, read from the kernel, in comparison with the estimate. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class MemoryRoomIT {
    private static final Pattern PRIVATE = Pattern.compile("RssAnon:\\s+(\\d+) kB");

    /** The tolerance in bytes. Two readings differ by some pages. */
    private static final long LITTLE = 4 << 20;

    /**
     * The pause between two readings. One connection serves all of them: with a connection for each reading they
     * took ten times as long and used up a core.
     */
    private static final Duration BETWEEN_READINGS = Duration.ofMillis(2);

    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;

    /** The memory, in bytes, of the sessions that dump an empty database. */
    private long usual;

    @BeforeAll
    void start() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
        usual = whileItIsDumped(host.cluster().newDatabase());
    }

    @AfterAll
    void stop() throws Exception {
        pipeline.close();
        host.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            constraints ~ 40 ~ CREATE TABLE public.t%1$s (x text, CHECK (x <> %2$L))
            defaults    ~ 40 ~ CREATE TABLE public.t%1$s (x text DEFAULT %2$L)
            views       ~ 40 ~ CREATE VIEW public.t%1$s AS SELECT 1 AS x WHERE 'x' <> %2$L
            policies    ~ 40 ~ CREATE TABLE public.t%1$s (x text); ALTER TABLE public.t%1$s ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON public.t%1$s USING (x <> %2$L)
            triggers    ~ 40 ~ CREATE TABLE public.t%1$s (x text); CREATE TRIGGER g BEFORE UPDATE ON public.t%1$s FOR EACH ROW WHEN (OLD.x <> %2$L) EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()
            rules       ~ 40 ~ CREATE TABLE public.t%1$s (x text); CREATE RULE r AS ON UPDATE TO public.t%1$s WHERE OLD.x <> %2$L DO INSTEAD NOTHING
            partial     ~ 40 ~ CREATE TABLE public.t%1$s (x text); CREATE INDEX ON public.t%1$s (x) WHERE x <> %2$L
            indexed     ~ 40 ~ CREATE TABLE public.t%1$s (x text); CREATE INDEX ON public.t%1$s ((x <> %2$L))
            statistics  ~ 40 ~ CREATE TABLE public.t%1$s (x text, y text); CREATE STATISTICS public.s%1$s ON (x <> %2$L), y FROM public.t%1$s
            functions   ~ 40 ~ CREATE FUNCTION public.f%1$s(x text DEFAULT %2$L) RETURNS text LANGUAGE sql RETURN x || %2$L
            bodies      ~ 40 ~ CREATE FUNCTION public.f%1$s(x text) RETURNS text LANGUAGE sql RETURN x || %3$L
            domains     ~ 40 ~ CREATE DOMAIN public.d%1$s AS text DEFAULT %2$L CHECK (VALUE <> %2$L); CREATE TABLE public.t%1$s (x public.d%1$s)
            later       ~ 40 ~ CREATE TABLE public.t%1$s AS SELECT 1 AS n; ALTER TABLE public.t%1$s ADD COLUMN x text DEFAULT %2$L; ALTER TABLE public.t%1$s ALTER x DROP DEFAULT
            many        ~ 500 ~ CREATE VIEW public.t%1$s AS SELECT 1 AS x
            columns     ~ 100 ~ DO $c$ BEGIN EXECUTE 'CREATE TABLE public.t%1$s (' || (SELECT string_agg('c' || n || ' int', ',') FROM generate_series(1, 1200) AS n) || ')'; END $c$
            tables      ~ 500 ~ CREATE TABLE public.t%1$s (i int PRIMARY KEY, x text)
            indexes     ~ 60 ~ CREATE TABLE public.t%1$s (x text); DO $c$ BEGIN FOR n IN 1..60 LOOP CREATE INDEX ON public.t%1$s (x); END LOOP; END $c$
            """)
    void aDumpTakesNoMoreThanTheEstimate(String shape, int objects, String statement) throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "DO $do$ BEGIN FOR i IN 1.." + objects + " LOOP EXECUTE format($f$" + statement
                                + "$f$, i, repeat('a', 200000), (SELECT string_agg(md5(n::text || i::text), '') FROM generate_series(1, 6000) AS n)); "
                                + "END LOOP; END $do$");
        long said;
        try (Connection connection = host.cluster().server().connect(database)) {
            said = MemoryRoom.definitions(connection).need();
        }
        long taken = whileItIsDumped(database) - usual;
        assertThat(taken).as(shape + ": the estimate is " + said).isLessThan(said + LITTLE);
    }

    private long whileItIsDumped(String database) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong most = new AtomicLong();
        Thread watch = new Thread(() -> {
            try (Connection connection = host.cluster().server().connect("homelab");
                    PreparedStatement sessions = connection.prepareStatement(
                            "SELECT pid FROM pg_stat_activity WHERE datname = ? AND backend_type = 'client backend'")) {
                sessions.setString(1, database);
                while (!over.get()) {
                    most.accumulateAndGet(privateBytes(sessions), Math::max);
                    LockSupport.parkNanos(BETWEEN_READINGS.toNanos());
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        watch.start();
        try {
            assertThat(host.backUp(wiring, database).state()).isEqualTo(BackupState.VERIFIED);
        } finally {
            over.set(true);
            watch.join();
        }
        return most.get();
    }

    private static long privateBytes(PreparedStatement sessions) throws SQLException {
        long bytes = 0;
        try (ResultSet pids = sessions.executeQuery()) {
            while (pids.next()) {
                bytes += privateBytesOf(pids.getString(1));
            }
        }
        return bytes;
    }

    private static long privateBytesOf(String pid) {
        try {
            Matcher number = PRIVATE.matcher(Files.readString(Path.of("/proc", pid, "status")));
            return number.find() ? Long.parseLong(number.group(1)) << 10 : 0;
        } catch (IOException ended) {
            return 0;
        }
    }
}
