package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.pgsteward.postgres.ThrowawayCluster;

/**
 * Decides whether a failed restore into a scratch cluster is evidence against the backup, or only shows a lack of this
 * host.
 */
final class FailedRestore {
    /** The errors that point to this host rather than to the backup. */
    private static final Pattern THIS_HOSTS =
            Pattern.compile("No space left on device|Disk quota exceeded|out of memory|out of shared memory"
                    + "|ended with exit code 137|server closed the connection|no connection to the server|could not connect to server"
                    + "|connection to server .* failed"
                    + "|could not create locale|could not access file|could not load library"
                    + "|extension \".*\" is not available");

    private FailedRestore() {}

    /** Returns the reason why this host cannot fill a view; empty if no view failed for a lack of this host. */
    static Optional<String> ofThisHost(List<String> emptyViews) {
        return emptyViews.stream()
                .filter(view -> THIS_HOSTS.matcher(view).find())
                .findFirst()
                .map(view -> "this host cannot restore it: " + view);
    }

    /**
     * Returns the reason why a failed restore is no evidence against the backup.
     *
     * @param unlike the difference of the scratch database from the source; empty if there is none
     * @throws IOException if the failure is evidence against the backup
     */
    static String orThrow(IOException failed, ThrowawayCluster cluster, Optional<String> unlike) throws IOException {
        Throwable cause = failed instanceof OwnersRestore.BeyondTheOwner ? failed.getCause() : failed;
        String error = String.valueOf(cause == null ? null : cause.getMessage());
        if (OwnersRestore.wantsMoreRights(failed)) {
            return OwnersRestore.NEEDS_A_SUPERUSER + ", and a verification does not run as one: " + error;
        }
        if (THIS_HOSTS.matcher(error).find()) {
            return "this host cannot restore it: " + error + lastPanic(cluster);
        }
        if (unlike.isPresent() && error.contains("pg_restore")) {
            return unlike.get() + ", and the restore failed without it: " + error;
        }
        throw failed;
    }

    /** Returns the last PANIC in the log of the scratch server; empty if there is none. */
    private static String lastPanic(ThrowawayCluster cluster) {
        List<String> panics =
                cluster.log().lines().filter(line -> line.contains("PANIC: ")).toList();
        return panics.isEmpty() ? "" : " (" + panics.get(panics.size() - 1) + ")";
    }
}
