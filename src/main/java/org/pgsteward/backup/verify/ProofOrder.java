package org.pgsteward.backup.verify;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;

/**
 * The order of the verifications that wait, in all processes of the host. Pure.
 *
 * <ol>
 *   <li>The service that has used the least verification time of late goes first. Equal ones go in the order of asking.
 *   <li>Several verifications of one process follow one another with a moment between them, in which none of them waits. So
 *       a service that has used much more than the last one waits a little longer than the turn is taken.
 * </ol>
 */
final class ProofOrder {
    /** A service gives others time only where it has used so much more. */
    static final Duration MUCH_MORE = Duration.ofMinutes(1);

    /** After the end of a verification the next one of the same process is asked for within this time. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    /** A service gives others time for a part of what it has used more, and for so long at most. */
    static final Duration LONGEST = Duration.ofMinutes(10);

    private static final int PART = 4;

    private ProofOrder() {}

    /**
     * The place of a verification that waits.
     *
     * @param used whole seconds of verification time of its service of late
     * @param process where it waits; it decides between equal ones
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
     * @param lastUsed seconds of the service whose verification ended last
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
