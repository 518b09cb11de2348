package org.pgsteward.backup.verify;

import java.io.IOException;
import java.util.Optional;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The scratch clusters of verifications, one of which serves many while a series of them is under way. To copy, start and
 * stop a cluster takes three quarters of the time of verifying a small database.
 *
 * <ol>
 *   <li>Only a cluster in which a backup was verified is kept: whatever went wrong in one ends with it.
 *   <li>Before it serves again, every session, database and role but the administrator's is removed, and the role that
 *       counts is made anew. A plain role can leave nothing else behind: what one dump holds never meets another.
 *   <li>It is kept under the host's turn of verifications, and ends with that verification where another process waits.
 *   <li>After so many it is replaced, since nothing vacuums it.
 * </ol>
 */
final class ScratchSeries implements ProofTurn.Keeper {
    private static final int MOST_USES = 50;

    private static final String CLEAN = """
            SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid, 5000)) FROM pg_catalog.pg_stat_activity
             WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid() \\g /dev/null
            SELECT pg_catalog.format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_catalog.pg_database
             WHERE datname NOT IN ('postgres', 'template0', 'template1') \\gexec
            SELECT pg_catalog.format('DROP ROLE %I', rolname) FROM pg_catalog.pg_roles
             WHERE rolname !~ '^pg_' AND rolname <> current_user \\gexec
            """;

    private final ProofTurn turn;
    private final Starter starter;
    private int series;
    private Optional<Kept> kept = Optional.empty();

    /** Starts a cluster in which there is nothing but its administrator. */
    @FunctionalInterface
    interface Starter {
        ThrowawayCluster start(Programs programs) throws IOException, InterruptedException;
    }

    ScratchSeries(ProofTurn turn, Starter starter) {
        this.turn = turn;
        this.starter = starter;
        turn.keepFor(this);
    }

    private record Kept(ThrowawayCluster cluster, int major, int uses) {}

    /** A cluster for one verification; for whoever holds the turn. */
    final class Lease implements AutoCloseable {
        private final Kept own;
        private boolean clean;

        private Lease(Kept own) {
            this.own = own;
        }

        ThrowawayCluster cluster() {
            return own.cluster();
        }

        /** The backup in it was verified. */
        void verified() {
            clean = true;
        }

        @Override
        public void close() {
            if (clean && isSeries() && own.uses() < MOST_USES) {
                kept = Optional.of(own);
            } else {
                own.cluster().close();
            }
        }
    }

    /** @throws IOException when none can be started here, which says nothing of the backup */
    Lease take(Programs programs) throws IOException, InterruptedException {
        Optional<Kept> again = kept;
        kept = Optional.empty();
        if (again.isPresent()) {
            ThrowawayCluster cluster = again.get().cluster();
            boolean cleaned = false;
            try {
                cluster.isPartOfThisWork();
                if (again.get().major() == programs.major()) {
                    cluster.sql("postgres", CLEAN);
                    cleaned = true;
                    return new Lease(
                            new Kept(cluster, programs.major(), again.get().uses() + 1));
                }
            } catch (IOException broken) {
                // A new one is as good.
                cleaned = false;
            } finally {
                if (!cleaned) {
                    cluster.close();
                }
            }
        }
        return new Lease(new Kept(starter.start(programs), programs.major(), 1));
    }

    @Override
    public boolean hasKept() {
        return kept.isPresent() && isSeries();
    }

    /** Ends the kept one; also for the verification that has the turn and needs the memory. */
    @Override
    public void discard() {
        kept.ifPresent(last -> last.cluster().close());
        kept = Optional.empty();
    }

    private synchronized boolean isSeries() {
        return series > 0;
    }

    /** More than one verification is to come until this is closed. */
    Proof.Series begin() {
        synchronized (this) {
            series++;
        }
        return this::end;
    }

    private void end() {
        synchronized (this) {
            series--;
            if (series > 0) {
                return;
            }
        }
        turn.endKept();
    }
}
