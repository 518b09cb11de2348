package org.pgsteward.backup.restore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.backup.store.StoredBackup;

/** Collects the results of a {@link Recovery}. */
final class RecoveryTally {
    private final List<String> done = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final Map<String, Duration> verified = new HashMap<>();

    void done(String line) {
        done.add(line);
    }

    void missing(String line) {
        missing.add(line);
    }

    /** Records that a backup was restored and compared with its manifest. */
    void verified(StoredBackup backup, Duration took) {
        verified.put(backup.manifest().identity().eventId(), took);
    }

    int countOfMissing() {
        return missing.size();
    }

    Recovery.Report report() {
        return new Recovery.Report(List.copyOf(done), List.copyOf(missing), Map.copyOf(verified));
    }
}
