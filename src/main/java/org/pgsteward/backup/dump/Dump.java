package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.underway.ResourceStack;
import org.pgsteward.backup.verify.StreamVerification;
import org.pgsteward.postgres.ClientProgram;

/** One dump of one kind: its preconditions, and the program that writes it. */
interface Dump {
    /**
     * Checks the preconditions.
     *
     * @throws IOException if the dump would fail
     * @throws SQLException if PostgreSQL cannot be queried
     */
    void check() throws IOException, SQLException;

    /**
     * Starts the program.
     *
     * @param verification the verification that restores the dump while it is written; empty if the file can be verified later
     * @param held receives the resources of the dump
     */
    Started start(Optional<StreamVerification> verification, ResourceStack held)
            throws IOException, SQLException, InterruptedException;

    /**
     * A dump with a running program.
     *
     * @param extensions the extensions of the database, with their versions
     * @param rows the number of rows of each table, counted in the snapshot of the dump
     */
    record Started(
            ClientProgram program,
            Map<String, String> extensions,
            DatabaseEnvironment surroundings,
            CompletableFuture<Map<String, Long>> rows) {
        /** Returns a dump of the whole cluster, which has no extensions of its own. */
        static Started ofCluster(ClientProgram program, CompletableFuture<Map<String, Long>> rows) {
            return new Started(program, Map.of(), DatabaseEnvironment.UNKNOWN, rows);
        }
    }
}
