package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.store.PartWriter;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;

/** A host for the shipped routes, with a database that takes almost a second to dump. */
final class BackupHost implements AutoCloseable {
    /** The number of rows of the large table. 100,000 rows of about 960 bytes take almost a second to dump. */
    static final int LARGE_ROWS = 100_000;

    static final int HEAP_MEGABYTES = 32;

    final TestHost host;
    final Wiring wiring;

    /** The running routes; empty between two tests. */
    private Optional<Pipeline> pipeline = Optional.empty();

    private Optional<String> large = Optional.empty();

    BackupHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
    }

    void start() {
        pipeline = Optional.of(wiring.backupPipeline().start());
    }

    void stop() {
        pipeline.ifPresent(Pipeline::close);
        pipeline = Optional.empty();
    }

    @Override
    public void close() throws IOException {
        host.close();
    }

    String large() throws SQLException {
        if (large.isEmpty()) {
            String made = host.cluster().newDatabase();
            host.cluster()
                    .run(
                            made,
                            "CREATE TABLE public.big AS SELECT n, repeat(md5(n::text), 30) AS text"
                                    + " FROM generate_series(1, " + LARGE_ROWS + ") AS n");
            large = Optional.of(made);
        }
        return large.get();
    }

    Backup backUp(String database, PartWriter writer) throws Exception {
        BackupAlerts notices = new BackupAlerts(
                wiring.tables,
                new ShrinkCheck(wiring.rows, new ShrinkRule(0.5, 0), wiring.clock),
                new CaveatCheck(wiring.rows, wiring.clock),
                wiring.reporter,
                wiring.clock);
        return new BackupRun(
                        wiring.dumps,
                        wiring.targets,
                        wiring.house,
                        writer,
                        wiring.verification,
                        wiring.shared,
                        wiring.card,
                        notices,
                        wiring.reporter,
                        wiring.clock)
                .run(host.target(wiring, database), BackupRun.Patience.FAILS_AT_ONCE)
                .backup();
    }

    /**
     * Starts {@code pgsteward backup DATABASE --json} with a small heap.
     *
     * @param before shell commands that run first
     */
    Process command(String before, String database, Path printed) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", before + "exec \"$@\"", "sh"));
        command.addAll(ChildJava.run(
                List.of("-Xmx" + HEAP_MEGABYTES + "m", "-XX:+ExitOnOutOfMemoryError"),
                "org.pgsteward.Steward",
                "backup",
                database,
                "--json"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(host.environment());
        return builder.redirectOutput(printed.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    String copyOfLarge() throws SQLException {
        String copy = host.cluster().newDatabase();
        host.cluster().run("homelab", "DROP DATABASE " + copy, "CREATE DATABASE " + copy + " TEMPLATE " + large());
        return copy;
    }

    /** Returns the number of rows and a hash of each table. It adds the values of sequences and large objects. */
    Map<String, String> content(String database) throws SQLException {
        Map<String, String> content = new java.util.TreeMap<>();
        for (String table : host.rows(
                database,
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.relkind IN ('r', 'm', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
                        + " AND n.nspname NOT LIKE 'pg\\_toast%'")) {
            content.put(
                    table,
                    host.rows(
                                    database,
                                    "SELECT count(*) || ' ' || COALESCE(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '')"
                                            + " FROM ONLY " + table + " AS t")
                            .get(0));
        }
        content.put(
                "sequences",
                host.rows(
                                database,
                                "SELECT string_agg(concat_ws(' ', schemaname, sequencename, last_value), ', ' ORDER BY"
                                        + " schemaname, sequencename) FROM pg_sequences")
                        .get(0));
        content.put(
                "large objects",
                host.rows(
                                database,
                                "SELECT string_agg(loid || encode(data, 'hex'), ' ' ORDER BY loid, pageno) FROM"
                                        + " pg_largeobject")
                        .get(0));
        return content;
    }
}
