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
