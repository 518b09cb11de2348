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
    /**
     * The age from which a cluster without a server is abandoned. It exceeds the time in which another process unpacks
     * the largest base backup before it starts the server.
     */
    private static final Duration ABANDONED = Duration.ofDays(1);

    /**
     * The age from which a cluster in our own folder is abandoned. The shell of a killed process may still be removing
     * a younger one.
     */
    private static final Duration JUST_BEGUN = Duration.ofMinutes(1);

    private final Path scratch;

    /** Whether the folder is in the state folder of this pgsteward, beside the locks. */
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

    /** @throws IOException if this host has no programs of that version */
    Programs programs(int major) throws IOException {
        return Programs.find(bindir, major);
    }

    /** @throws IOException if this host cannot start a cluster; that is no evidence against the backup */
    ThrowawayCluster cluster(Programs programs) throws IOException, InterruptedException {
        user.enterable(scratch);
        clear();
        return ThrowawayCluster.start(
                programs,
                user,
                scratch.resolve(UUID.randomUUID().toString()),
                ThrowawayCluster.Plan.forVerification(ScratchRestore.ADMINISTRATOR, scratch));
    }

    /** Returns the reason why a backup cannot be verified on a host that cannot start a cluster. */
    static String noCluster(IOException because) {
        return "cannot start a scratch cluster on this host: " + because.getMessage();
    }

    /**
     * Begins the verification of a base backup.
     *
     * @param major the major version of the server that the backup comes from
     * @param bytes the size of the unpacked backup in bytes, exact or approximate
     * @param most the limit of the archive in bytes
     * @throws CannotTell if the disk has no room for it, or this host has no programs to start it
     */
    BaseVerification unpacking(int major, long bytes, long most) throws CannotTell {
        return BaseVerification.begin(scratch, bindir, user, major, bytes, most);
    }

    /**
     * Begins a watch that cancels the work of this thread if it fills the disk of the scratch clusters.
     *
     * @param databaseBytes the size of the restored databases in bytes
     */
    ScratchWatch watch(long databaseBytes) {
        return ScratchWatch.begin(scratch, DiskNeedRule.scratch(databaseBytes), Progress.current());
    }

    /**
     * Removes the clusters of killed verifications. The caller has the turn, so no verification is at work in a folder
     * that no other pgsteward uses.
     */
    void clear() throws IOException {
        AbandonedClusters.remove(scratch, isOurs ? JUST_BEGUN : ABANDONED, clock.instant());
    }
}
