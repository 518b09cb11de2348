package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Optional;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.RoleRemoval;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnfinishedRestore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leftovers of restores whose process died: the staging database, the {@link RestoreRole} and a folder, all with the same
 * name.
 *
 * <p>A name is not enough evidence to delete a database. So the database and the role also have {@linkplain
 * UnfinishedRestore#MARK a comment}. The role has it from its creation. The database loses it in the transaction that
 * gives it its final name.
 */
public final class RestoreLeftovers {
    private static final String ROLES =
            "SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE " + UnfinishedRestore.ROLE;

    private static final String DATABASES =
            "SELECT d.datname FROM pg_catalog.pg_database AS d WHERE " + UnfinishedRestore.DATABASE;

    private static final Logger LOG = LoggerFactory.getLogger(RestoreLeftovers.class);

    private final Server server;
    private final Path scratch;
    private final Path locks;
    private final Clock clock;

    /** @param locks the folder of the locks of restores under way */
    public RestoreLeftovers(Server server, Path scratch, Path locks, Clock clock) {
        this.server = server;
        this.scratch = scratch;
        this.locks = locks;
        this.clock = clock;
    }

    /**
     * Removes the leftovers, unless a restore is under way. A leftover that cannot be removed is logged and does not
     * fail the caller.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    @SuppressWarnings("try") // the turn is held, not used
    public void clear() throws SQLException {
        Optional<RestoreTurn> turn = RestoreTurn.take(server);
        if (turn.isPresent()) {
            try (RestoreTurn held = turn.get()) {
                clearInTurn();
            } catch (IOException e) {
                LOG.warn("{}", e.getMessage());
            }
        }
    }

    /**
     * Removes the leftovers for a caller that holds the turn. No other restore is at work then, so sessions of these
     * roles belong to abandoned programs.
     */
    void clearInTurn() throws SQLException {
        for (String database : RestoreRole.names(server, DATABASES)) {
            remove("database", database, () -> RestoreRole.dropDatabase(server, database));
        }
        for (String role : RestoreRole.names(server, ROLES)) {
            remove("role", role, () -> {
                RestoreRole.run(server, TemporaryRole.SESSIONS + Quote.literal(role));
                RoleRemoval.drop(server, role);
            });
        }
        RestoreFolder.clear(scratch, locks, clock.instant());
    }

    @FunctionalInterface
    private interface Work {
        void run() throws SQLException;
    }

    private static void remove(String kind, String name, Work work) {
        try {
            work.run();
            LOG.warn("removed {} {} of an interrupted restore", kind, name);
        } catch (SQLException e) {
            LOG.warn("cannot remove {} {} of an interrupted restore: {}", kind, name, e.getMessage());
        }
    }
}
