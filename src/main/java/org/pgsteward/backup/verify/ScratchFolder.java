package org.pgsteward.backup.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.backup.restore.ScratchRestore;
import org.pgsteward.backup.store.DiskNeedRule;
import org.pgsteward.postgres.AbandonedClusters;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/** The folder of the scratch clusters in which backups are verified. */
final class ScratchFolder {
    /** Longer than it takes another process to unpack the largest of base backups, at which no server is at work yet. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    /** What a shell of a process that was killed may be removing at this moment. */
    private static final Duration JUST_BEGUN = Duration.ofMinutes(1);

    private final Path scratch;

    /** Whether it lies beside the locks, in the state folder of this pgsteward. */
    private final boolean isOurs;

    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Clock clock;

    ScratchFolder(Path scratch, Path locks, Optional<Path> bindir, UnprivilegedUser user, Clock clock) {
        this.scratch = scratch;
        this.isOurs = Objects.equals(scratch.getParent(), locks.getParent());
        this.bindir = bindir;
        this.user = user;
        this.clock = clock;
    }

    /** @throws IOException when there are no programs of that version */
    Programs programs(int major) throws IOException {
        return Programs.find(bindir, major);
    }

    /** @throws IOException when none can be started here, which says nothing of the backup */
    ThrowawayCluster cluster(Programs programs) throws IOException, InterruptedException {
        user.enterable(scratch);
        clear();
        return ThrowawayCluster.start(
                programs,
                user,
                scratch.resolve(UUID.randomUUID().toString()),
                ThrowawayCluster.Plan.forProof(ScratchRestore.ADMINISTRATOR, scratch));
    }

    /** Returns why a backup cannot be verified where no cluster can be started. */
    static String noCluster(IOException because) {
        return "no scratch cluster can be started here: " + because.getMessage();
    }

    /**
     * Begins the verification of a base backup.
     *
     * @param major version of the server that it was taken from
     * @param bytes that it has, or about
     * @param most bytes that it may have
     * @throws CannotTell when there is no place for it, or nothing to start it with
     */
    BaseProof unpacking(int major, long bytes, long most) throws CannotTell {
        return BaseProof.begin(scratch, bindir, user, major, bytes, most);
    }

    /**
     * Cancels the work of this thread when it fills the disk of the scratch clusters.
     *
     * @param databaseBytes that are restored there
     */
    ScratchWatch watch(long databaseBytes) {
        return ScratchWatch.begin(scratch, DiskNeedRule.scratch(databaseBytes), Progress.current());
    }

    /**
     * Removes what killed verifications left. The caller has the turn, so nobody is at work in a folder that no other
     * pgsteward uses.
     */
    void clear() throws IOException {
        AbandonedClusters.remove(scratch, isOurs ? JUST_BEGUN : ABANDONED, clock.instant());
    }
}
