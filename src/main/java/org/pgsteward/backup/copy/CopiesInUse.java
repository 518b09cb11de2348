package org.pgsteward.backup.copy;

import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.model.BackupCopy;

/** The copies that a drill fetches or a pass removes, so that the two never use one copy at the same time. Thread-safe. */
public final class CopiesInUse {
    private final Set<UUID> inUse = ConcurrentHashMap.newKeySet();

    /** Takes a copy. Returns false if the other has it. */
    boolean take(BackupCopy copy) {
        return inUse.add(copy.eventId());
    }

    void release(BackupCopy copy) {
        inUse.remove(copy.eventId());
    }
}
