package org.pgsteward.backup.copy;

import java.io.IOException;
import org.pgsteward.backup.copy.ends.MountedFolder;

/** The disk of a target, filled so far that no backup of the tests fits. */
final class FaultyDisk {
    /** Below this number of free bytes, the disk takes nothing. */
    private static final int NOTHING = 20_000;

    private FaultyDisk() {}

    static void fill(MountedFolder disk, CopyFaultCase.Moment moment) throws IOException {
        if (moment.bytes() < NOTHING) {
            disk.fill();
        } else {
            disk.leave(moment.bytes());
        }
    }
}
