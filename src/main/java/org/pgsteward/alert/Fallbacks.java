package org.pgsteward.alert;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.pgsteward.model.Notification;

/**
 * Order of receivers: most get a notification at once; fallback receivers get it only if earlier ones failed. Pure.
 *
 * @param order fallback receivers. Each takes over from the fallback before it; the first one takes over from the
 *     receivers outside this list
 * @param after time without an acknowledged delivery after which a receiver counts as failing and the next one takes
 *     over
 */
public record Fallbacks(List<String> order, Duration after) {
    /** No fallbacks: every receiver gets every notification at once. */
    public static final Fallbacks NONE = new Fallbacks(List.of(), Duration.ofMinutes(15));

    /** Kind of the alert about a failing receiver; its service is the receiver's name. */
    public static final String RECEIVER_FAILING = "receiver-failing";

    public Fallbacks {
        order = List.copyOf(order);
        if (after.isNegative() || after.isZero()) {
            throw new IllegalArgumentException(
                    "pgsteward.alerts.failing.after is " + after.toSeconds() + " s: it must be above 0 s");
        }
    }

    /**
     * Returns the existing receivers that get the notification at once. An alert about a failing receiver goes to all
     * others. If only fallbacks remain, the first of them gets it.
     */
    List<String> first(Notification notice, Collection<String> here) {
        List<String> possible =
                here.stream().filter(name -> !isAbout(notice, name)).toList();
        List<String> first =
                possible.stream().filter(name -> !order.contains(name)).toList();
        return first.isEmpty()
                ? order.stream().filter(possible::contains).limit(1).toList()
                : first;
    }

    /**
     * Returns the receivers from which {@code receiver} takes over notifications that have waited too long. The first
     * fallback takes over from all receivers that are no fallbacks. Any other fallback takes over from the fallback
     * before it. A receiver that is no fallback takes over from none.
     *
     * @param known all receivers with an outbox, including removed ones
     * @param here existing receivers; a fallback that does not exist is skipped
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

    /** Returns whether the notification is about the failure of this receiver; it is not sent to that receiver. */
    static boolean isAbout(Notification notice, String receiver) {
        return notice.kind().equals(RECEIVER_FAILING) && notice.service().equals(receiver);
    }
}
