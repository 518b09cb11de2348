package org.pgsteward.journal;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The copies at one target.
 *
 * @param newestCompleteSet the start of the newest backup set whose verified backups are all there; empty if there is none
 * @param services by name, including {@code _globals} and {@code _base}
 * @param states the number of copies in each state, without removed ones
 */
public record CopyStatus(
        String target, Optional<Instant> newestCompleteSet, Map<String, OfService> services, Map<String, Long> states) {
    /**
     * The copies of one service's backups.
     *
     * @param newest the start of the newest backup there; empty if there is none
     * @param newestVerified the start of the newest backup that was fetched from there, restored and compared
     */
    public record OfService(Optional<Instant> newest, Optional<Instant> newestVerified) {}

    /** Returns a target without any copy yet. */
    public static CopyStatus none(String target) {
        return new CopyStatus(target, Optional.empty(), Map.of(), Map.of());
    }

    /** Returns the number of copies in the state with this value in {@code backup_copy.state}. */
    public long count(String state) {
        return states.getOrDefault(state, 0L);
    }

    /** Returns whether the target has the backup of a service that began at this time, or a newer one. */
    public boolean has(String service, Instant startedAt) {
        return Optional.ofNullable(services.get(service))
                .flatMap(OfService::newest)
                .filter(at -> !at.isBefore(startedAt.minusSeconds(1)))
                .isPresent();
    }
}
