package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.pgsteward.postgres.ThrowawayCluster;

/** Whether a failed restore into a scratch cluster says something of the backup, or only of this host. */
final class FailedRestore {
    /** Of what says more about this host than about the backup. */
    private static final Pattern THIS_HOSTS =
            Pattern.compile("No space left on device|Disk quota exceeded|out of memory|out of shared memory"
                    + "|ended with exit code 137|server closed the connection|no connection to the server|could not connect to server"
                    + "|connection to server .* failed"
                    + "|could not create locale|could not access file|could not load library"
                    + "|extension \".*\" is not available");

    private FailedRestore() {}

    /** Returns why it cannot be determined whether a view can be filled, where that is for want of something here. */
    static Optional<String> ofThisHost(List<String> emptyViews) {
        return emptyViews.stream()
                .filter(view -> THIS_HOSTS.matcher(view).find())
                .findFirst()
                .map(view -> "this host could not restore it: " + view);
    }

    /**
     * Returns why a failed restore says nothing of the backup.
     *
     * @param unlike in what the scratch database is not like the source; empty for nothing
     * @throws IOException when it does
     */
    static String orThrow(IOException failed, ThrowawayCluster cluster, Optional<String> unlike) throws IOException {
        Throwable cause = failed instanceof OwnersRestore.BeyondTheOwner ? failed.getCause() : failed;
        String said = String.valueOf(cause == null ? null : cause.getMessage());
        if (OwnersRestore.wantsMoreRights(failed)) {
            return "it holds what only a superuser may restore, which a proof never is: " + said;
        }
        if (THIS_HOSTS.matcher(said).find()) {
            return "this host could not restore it: " + said + lastWords(cluster);
        }
        if (unlike.isPresent() && said.contains("pg_restore")) {
            return unlike.get() + ", without which restoring it failed: " + said;
        }
        throw failed;
    }

    /** Why the scratch server ended, if it did and said so. */
    private static String lastWords(ThrowawayCluster cluster) {
        List<String> words =
                cluster.log().lines().filter(line -> line.contains("PANIC: ")).toList();
        return words.isEmpty() ? "" : " (" + words.get(words.size() - 1) + ")";
    }
}
