package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The scratch cluster in which a backup is verified.
 *
 * @param owner the role that owns the database and restores the dump
 */
record ScratchSite(ThrowawayCluster cluster, String owner) implements RestoreSite {
    /**
     * The most entries of a dump that are restored in one transaction. Each takes up to three locks, which are held to its
     * end, and the server has room for some 10,000.
     */
    private static final long ONE_TRANSACTION = 1000;

    private static final String PINNED = "SET search_path = '';\n";

    @Override
    public String administer(String database, String sql) throws IOException, InterruptedException {
        return cluster.sql(database, sql).strip();
    }

    /** Runs the query as the owner: after an object of the dump exists, no statement runs as the administrator. */
    @Override
    public String ask(String database, String sql) throws IOException, InterruptedException {
        return cluster.sqlAs(owner, database, PINNED + sql + ";").strip();
    }

    @Override
    public ClientProgram restoring(String database, List<String> options) throws IOException {
        List<String> command =
                new ArrayList<>(cluster.client("pg_restore", owner, database, options.toArray(String[]::new)));
        if (options.stream().anyMatch(option -> option.startsWith("--file="))) {
            // pg_restore accepts a database or an output file, not both.
            command.removeIf(option -> option.startsWith("--dbname="));
        }
        return ClientProgram.start(cluster.user(), command, Map.of());
    }

    /**
     * In the transaction that created its table, the server writes the rows without their WAL. That saves a seventh of the
     * time. A failed entry ends the restore in any case.
     */
    @Override
    public List<String> ofWholeRun(long entries) {
        return entries <= ONE_TRANSACTION ? List.of("--single-transaction") : List.of();
    }

    @Override
    public String loader() {
        return owner;
    }

    @Override
    public ClientProgram loading(String database, List<String> options) throws IOException {
        return restoring(database, options);
    }

    @Override
    public List<String> asOwner(String database, List<String> statements) throws InterruptedException {
        List<String> errors = new ArrayList<>();
        for (String statement : statements) {
            try {
                cluster.sqlAs(owner, database, PINNED + statement + ";");
                errors.add("");
            } catch (IOException e) {
                errors.add(String.valueOf(e.getMessage()));
            }
        }
        return errors;
    }
}
