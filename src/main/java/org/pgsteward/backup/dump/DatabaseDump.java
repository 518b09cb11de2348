package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.underway.ResourceStack;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.backup.verify.StreamVerification;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A dump of one database, by {@code pg_dump} in a snapshot that pgsteward exports. */
final class DatabaseDump implements Dump {
    /** A table that another session locks for longer fails the dump with an error, instead of a delay of a day. */
    private static final Duration LOCK_WAIT = Duration.ofMinutes(1);

    /**
     * The time to lock all tables and to read their definitions. It is added to the time in which a slow disk reads the
     * database.
     */
    private static final Duration LOCKING = Duration.ofMinutes(2);

    /**
     * The number of snapshots to try if other sessions change the tables all the time. Each attempt takes about a
     * second.
     */
    private static final int ATTEMPTS = 10;

    private static final String STATE = """
            SELECT CASE WHEN datconnlimit = -2 THEN 'invalid' WHEN NOT datallowconn THEN 'closed' ELSE 'open' END
              FROM pg_catalog.pg_database
             WHERE datname = ?
            """;

    private static final Logger LOG = LoggerFactory.getLogger(DatabaseDump.class);

    private final Server server;
    private final UnprivilegedUser user;
    private final Programs programs;
    private final BackupTarget target;
    private final long size;

    /** @param size the size of the database in bytes */
    DatabaseDump(Server server, UnprivilegedUser user, Programs programs, BackupTarget target, long size) {
        this.server = server;
        this.user = user;
        this.programs = programs;
        this.target = target;
        this.size = size;
    }

    @Override
    public void check() throws IOException, SQLException {
        try (Connection management = server.connect(server.address().database())) {
            requireOpen(management, target.database());
            SettingsOfOthers.reset(management, target.database());
        }
        try (Connection own = server.connect(target.database())) {
            LockRoom.require(own, target.database());
            MemoryRoom.require(own, target.database());
        }
    }

    private static void requireOpen(Connection connection, String database) throws IOException, SQLException {
        String state = Query.first(connection, STATE, row -> row.getString(1), database)
                .orElse("");
        if (state.equals("invalid")) {
            throw new IOException("database " + database + " is invalid, because DROP DATABASE was interrupted;"
                    + " drop it again: DROP DATABASE " + Quote.identifier(database));
        }
        if (state.equals("closed")) {
            throw new IOException("database " + database + " allows no connections; allow them with ALTER DATABASE "
                    + Quote.identifier(database) + " ALLOW_CONNECTIONS true, or drop it");
        }
    }

    /** Starts the dump. The verification has started its scratch cluster already, so no snapshot waits for that. */
    @Override
    public Started start(Optional<StreamVerification> verification, ResourceStack held)
            throws IOException, SQLException, InterruptedException {
        Map<String, String> settings = SettingsInForce.of(server, user, programs, target.database());
        Progress.current().step("locks the tables");
        TimeLimit limit = TimeLimit.in(LOCKING.plusSeconds(size / StuckRule.SLOW_DISK));
        for (int attempt = 1; ; attempt++) {
            Snapshot snapshot = held.add(Snapshot.of(server, target.database(), restoredFor(), limit));
            Map<String, String> extensions = snapshot.extensions();
            DatabaseEnvironment surroundings =
                    snapshot.surroundings().with(settings).with(size);
            if (verification.isPresent() && attempt == 1) {
                verification.get().prepare(target.owner(), extensions, surroundings);
            }
            ClientProgram program =
                    held.add(server.start(user, command(programs, snapshot), target.database(), server.ownSettings()));
            if (DumpLocks.areTaken(program, snapshot)) {
                CompletableFuture<Map<String, Long>> rows = RowCount.start("count-rows", () -> {
                    DumpLocks.await(program, snapshot, LOCK_WAIT);
                    return snapshot.countRows(program::awaitSuccess);
                });
                return new Started(program, extensions, surroundings, rows);
            }
            LOG.debug("{}: a session waits for an exclusive lock on a table; the dump starts again", target.service());
            program.close();
            snapshot.close();
            if (attempt == ATTEMPTS || limit.isOver()) {
                throw new IOException("the tables of database " + target.database() + " change too often: " + attempt
                        + " times, a session requested an exclusive lock on a table before pg_dump had locked it");
            }
        }
    }

    /** Returns the owner after a restore; empty for the management database, because a restore takes only its rows. */
    private Optional<String> restoredFor() {
        return target.database().equals(server.address().database()) ? Optional.empty() : Optional.of(target.owner());
    }

    static List<String> command(Programs programs, Snapshot snapshot) throws SQLException {
        List<String> command = new ArrayList<>(List.of(
                programs.path("pg_dump").toString(),
                "--format=custom",
                "--compress=0",
                "--no-password",
                // Otherwise CREATE DATABASE names a tablespace that another server may lack. Tables in an archive keep
                // theirs.
                "--no-tablespaces",
                // A setting of the owner for all sessions must not decide the encoding of the dump.
                "--encoding=" + snapshot.surroundings().encoding(),
                "--lock-wait-timeout=" + LOCK_WAIT.toMillis(),
                "--snapshot=" + snapshot.id()));
        if (snapshot.hasMovingPartitions()) {
            // pg_dump does so by itself if the key is an enum, but not for an array or a row of enums.
            command.add("--load-via-partition-root");
        }
        return command;
    }
}
