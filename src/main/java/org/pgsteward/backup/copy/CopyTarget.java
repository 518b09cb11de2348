package org.pgsteward.backup.copy;

import java.time.Duration;
import java.util.Optional;
import org.pgsteward.backup.retention.RetentionPolicy;

/**
 * A second place for backups, with its rules. {@link CopyPlace} reaches it.
 *
 * @param name such as {@code rclone}; also the subject of its alerts
 * @param keep its retention policy; empty for the policies of the store
 * @param overdue the time for which the target may lack a verified backup before {@code copy-overdue} fires
 * @param hours the hours of the day at which copies may begin
 * @param bytesPerSecond the limit of an upload; 0 for none
 */
public record CopyTarget(
        String name, Optional<RetentionPolicy> keep, Duration overdue, CopyHours hours, long bytesPerSecond) {
    /** The limit of a target that has no setting for it. */
    public static final Duration OVERDUE = Duration.ofHours(36);
}
