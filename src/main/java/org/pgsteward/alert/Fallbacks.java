package org.pgsteward.alert;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.pgsteward.model.Notice;

/**
 * Who is told at once, and who only when others could not be. Pure.
 *
 * @param order receivers that get only what those before them, and those that are not in it, did not take in time
 * @param after how long a receiver may take nothing until it counts as failing and the next is told instead
 */
public record Fallbacks(List<String> order, Duration after) {
    /** Everybody is told everything. */
    public static final Fallbacks NONE = new Fallbacks(List.of(), Duration.ofMinutes(15));

    /** What kind of trouble it is when a receiver takes nothing; the service is then the receiver's name. */
    public static final String RECEIVER_FAILING = "receiver-failing";

    public Fallbacks {
        order = List.copyOf(order);
        if (after.isNegative() || after.isZero()) {
            throw new IllegalArgumentException(
                    "pgsteward.alerts.failing.after is " + after.toSeconds() + " s: no receiver can be that quick");
        }
    }

    /**
     * Who of those that are here is told of it at once. That a receiver fails, all others are told; where only fallbacks
     * are left, the first of them.
     */
    List<String> first(Notice notice, Collection<String> here) {
        List<String> possible =
                here.stream().filter(name -> !isAbout(notice, name)).toList();
        List<String> first =
                possible.stream().filter(name -> !order.contains(name)).toList();
        return first.isEmpty()
                ? order.stream().filter(possible::contains).limit(1).toList()
                : first;
    }

    /**
     * Those whose notices this one takes over when they have waited too long: of those that are told at once, for the first
     * fallback; of the fallback before it, for each other. None for one that is told at once.
     *
     * @param known everyone who has an outbox, whether they still exist or not
     * @param here who exists: a fallback that does not is passed over
     */
    List<String> before(String receiver, Collection<String> known, Collection<String> here) {
        List<String> chain = order.stream()
                .filter(name -> name.equals(receiver) || here.contains(name))
                .toList();
        int place = chain.indexOf(receiver);
        if (place < 0) {
            return List.of();
        }
        return place == 0
                ? known.stream().filter(name -> !chain.contains(name)).toList()
                : List.of(chain.get(place - 1));
    }

    /** Whether it says how this very receiver fares, which it need not hear. */
    static boolean isAbout(Notice notice, String receiver) {
        return notice.kind().equals(RECEIVER_FAILING) && notice.service().equals(receiver);
    }
}
