package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Inodes;

/**
 * The readings of one round from the disks and pgsteward's own folders, without PostgreSQL.
 *
 * @param disks each disk once, with any number of folders
 * @param staleSince the time since which Docker events may have been missed; empty while the feed is connected, and
 *     where there is none
 * @param staleReason the feed's own reason
 * @param spooled rows that wait for PostgreSQL
 * @param outboxes notifications that wait, by receiver
 * @param image PostgreSQL's image; empty while it is unknown
 */
public record HostObservation(
        Instant at,
        List<Disk> disks,
        Optional<Instant> staleSince,
        String staleReason,
        int spooled,
        Map<String, Integer> outboxes,
        Optional<Image> image)
        implements Observation {
    public HostObservation {
        disks = List.copyOf(disks);
        outboxes = Map.copyOf(outboxes);
    }

    /**
     * The image of PostgreSQL's container.
     *
     * @param name of the image
     * @param newer whether the name now stands for another image on this host
     */
    public record Image(String name, boolean newer) {}

    /**
     * A file system.
     *
     * @param path the first of the folders on it
     * @param holds its contents, such as {@code backups} and {@code state}
     * @param freeBytes the space that pgsteward may use
     * @param inodes empty if their number is not known, or has no limit
     */
    public record Disk(String path, List<String> holds, long totalBytes, long freeBytes, Optional<Inodes> inodes) {
        public Disk {
            holds = List.copyOf(holds);
        }
    }
}
