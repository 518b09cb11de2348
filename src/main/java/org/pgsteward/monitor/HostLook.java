package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Inodes;

/**
 * What one look at the disks and at pgsteward's own folders found; PostgreSQL is not needed for it.
 *
 * @param disks each once, whatever lies on it
 * @param deafSince since when no Docker event could be heard; empty while the feed hears, and where there is none
 * @param deafWhy what the feed says of it
 * @param spooled rows that wait for PostgreSQL
 * @param outboxes notices that wait, by receiver
 * @param image PostgreSQL's; empty while nothing is known of it
 */
public record HostLook(
        Instant at,
        List<Disk> disks,
        Optional<Instant> deafSince,
        String deafWhy,
        int spooled,
        Map<String, Integer> outboxes,
        Optional<Image> image)
        implements Look {
    public HostLook {
        disks = List.copyOf(disks);
        outboxes = Map.copyOf(outboxes);
    }

    /**
     * What PostgreSQL's container was made from.
     *
     * @param name of the image
     * @param newer whether that name means another image on this host now
     */
    public record Image(String name, boolean newer) {}

    /**
     * A file system.
     *
     * @param path the first of the folders on it
     * @param holds what lies there, such as {@code backups} and {@code state}
     * @param freeBytes that we may use
     * @param inodes empty if their number is not known, or has no limit
     */
    public record Disk(String path, List<String> holds, long totalBytes, long freeBytes, Optional<Inodes> inodes) {
        public Disk {
            holds = List.copyOf(holds);
        }
    }
}
