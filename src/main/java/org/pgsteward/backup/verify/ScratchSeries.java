package org.pgsteward.backup.verify;

import java.io.IOException;
import java.util.Optional;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * The scratch clusters of verifications. During a series, one cluster serves many verifications: copying, starting and
 * stopping a cluster takes three quarters of the time of verifying a small database.
 *
 * <ol>
 *   <li>A cluster is kept only after a backup was verified in it, so any damage ends with it.
 *   <li>Before a kept cluster serves again, all sessions, databases and roles are removed, except those of the
 *       administrator. The role that counts is created anew. A plain role can leave no other object behind, so the
 *       contents of two dumps never meet.
 *   <li>The cluster is kept under the host's turn of verifications. If another process waits, it ends with the
 *       verification.
 *   <li>After {@link #MOST_USES} uses, a new cluster replaces it, because no vacuum runs in it.
 * </ol>
 */
final class ScratchSeries implements VerificationTurn.Keeper {
    private static final int MOST_USES = 50;

    private static final String CLEAN = """
            SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid, 5000)) FROM pg_catalog.pg_stat_activity
             WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid() \\g /dev/null
            SELECT pg_catalog.format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_catalog.pg_database
             WHERE datname NOT IN ('postgres', 'template0', 'template1') \\gexec
            SELECT pg_catalog.format('DROP ROLE %I', rolname) FROM pg_catalog.pg_roles
             WHERE rolname !~ '^pg_' AND rolname <> current_user \\gexec
            """;

    private final VerificationTurn turn;
    private final Starter starter;
    private int series;
    private Optional<Kept> kept = Optional.empty();

    /** A factory of clusters that contain only their administrator. */
    @FunctionalInterface
    interface Starter {
        ThrowawayCluster start(Programs programs) throws IOException, InterruptedException;
    }

    ScratchSeries(VerificationTurn turn, Starter starter) {
        this.turn = turn;
        this.starter = starter;
        turn.keepFor(this);
    }

    private record Kept(ThrowawayCluster cluster, int major, int uses) {}

    /** A cluster for one verification. The holder must have the turn. */
    final class Lease implements AutoCloseable {
        private final Kept own;
        private boolean clean;

        private Lease(Kept own) {
            this.own = own;
        }

        ThrowawayCluster cluster() {
            return own.cluster();
        }

        /** Records that the backup in this cluster was verified. */
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

    /** @throws IOException if this host cannot start a cluster; that is no evidence against the backup */
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
                // A new cluster takes its place.
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

    /**
     * Stops the kept cluster, if there is one. A base backup with the turn calls it, too, because it needs the memory.
     */
    @Override
    public void discard() {
        kept.ifPresent(last -> last.cluster().close());
        kept = Optional.empty();
    }

    private synchronized boolean isSeries() {
        return series > 0;
    }

    /** Begins a series: more than one verification follows until it is closed. */
    Verification.Series begin() {
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
