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
 * What restores leave that die with their process: the database beside, its {@link Guest}, and a folder, all of one name.
 *
 * <p>A name is not enough to delete a database by. Database and guest bear {@linkplain UnfinishedRestore#MARK a comment} as well, the guest
 * from the moment he is made; the database loses it in the very statement that gives it its own name.
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

    /** @param locks of the restores that are under way */
    public RestoreLeftovers(Server server, Path scratch, Path locks, Clock clock) {
        this.server = server;
        this.scratch = scratch;
        this.locks = locks;
        this.clock = clock;
    }

    /**
     * Removes them, unless a restore is under way. Nothing that goes wrong here keeps anybody from anything.
     *
     * @throws SQLException when PostgreSQL does not answer
     */
    @SuppressWarnings("try") // held, not used
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

    /** The same for whoever holds the turn: nobody else is at work then, and sessions are of programs left behind. */
    void clearInTurn() throws SQLException {
        for (String database : Guest.names(server, DATABASES)) {
            remove("database", database, () -> Guest.dropDatabase(server, database));
        }
        for (String role : Guest.names(server, ROLES)) {
            remove("role", role, () -> {
                Guest.run(server, PassingRole.SESSIONS + Quote.literal(role));
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
            LOG.warn("removed {} {}, which a restore left that ended before it was done", kind, name);
        } catch (SQLException e) {
            LOG.warn(
                    "{} {}, which a restore left that ended before it was done, cannot be removed: {}",
                    kind,
                    name,
                    e.getMessage());
        }
    }
}
