package org.pgsteward.backup.verify;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;

/**
 * The order of the waiting verifications, in all processes of the host. Pure.
 *
 * <ol>
 *   <li>The service with the least verification time goes first, as {@link VerificationTime} counts it. Among equals,
 *       the earliest request goes first.
 *   <li>The verifications of one process follow one another with a short pause, in which none of them waits. So a
 *       service with much more time than the last one waits a little longer, although the turn is free.
 * </ol>
 */
final class VerificationOrder {
    /** The surplus of verification time from which a service gives others time. */
    static final Duration MUCH_MORE = Duration.ofMinutes(1);

    /** The time within which a process requests its next verification after the end of the last one. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    /** The longest time that a service gives others. Below it, the time is a part of the surplus. */
    static final Duration LONGEST = Duration.ofMinutes(10);

    private static final int PART = 4;

    private VerificationOrder() {}

    /**
     * The place of a verification that waits.
     *
     * @param used the recent verification time of its service, in whole seconds
     * @param process the process in which it waits; it decides between equal places
     */
    record Place(long used, Instant asked, String process) implements Comparable<Place> {
        private static final Comparator<Place> ORDER = Comparator.comparingLong(Place::used)
                .thenComparing(Place::asked)
                .thenComparing(Place::process);

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }

        boolean isBefore(Place other) {
            return compareTo(other) < 0;
        }
    }

    /**
     * Returns whether a verification gives others time although the turn is free.
     *
     * @param lastUsed the verification time, in seconds, of the service whose verification ended last
     */
    static boolean givesTime(Place own, Instant lastEnd, long lastUsed, Instant now) {
        Duration more = Duration.ofSeconds(Math.max(0, own.used() - lastUsed));
        if (more.compareTo(MUCH_MORE) < 0 || now.isBefore(lastEnd) || !now.isBefore(lastEnd.plus(PAUSE))) {
            return false;
        }
        Duration most = more.dividedBy(PART);
        return now.isBefore(own.asked().plus(most.compareTo(LONGEST) < 0 ? most : LONGEST));
    }
}
