package org.pgsteward.engine;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The last inspection of each container, as long as the engine's list shows that the container is unchanged. Without it,
 * each list of 200 containers would request 200 documents, every 20 seconds. Safe for many threads.
 *
 * <p>A container counts as unchanged if its state, name, networks and addresses are the same, and the list gives the time
 * since its last start or end in minutes or more. A container that ended and started between two lists shows seconds, as
 * long as the lists follow one another within {@link #GAP}.
 *
 * @param <T> the data that is kept of an inspection
 */
final class InspectionCache<T> {
    /** The longest time between two lists that reuse inspections; Docker counts seconds up to 60. */
    static final Duration GAP = Duration.ofSeconds(45);

    /** The age from which a container is inspected again: {@code docker update} changes no field of the list. */
    static final Duration OLDEST = Duration.ofMinutes(10);

    private static final Pattern LASTING = Pattern.compile("(Up|Exited \\(-?\\d{1,10}\\))"
            + " (?:About an? (?:minute|hour)|\\d{1,6} (?:minutes|hours|days|weeks|months|years))(?: ago)?( \\(.*\\))?");

    private final Map<String, Kept<T>> kept = new HashMap<>();

    /** The number of calls of {@link #forget}. */
    private long forgotten;

    private record Kept<T>(ContainerList.Entry entry, T inspected, Time inspectedAt, Time listedAt) {}

    /**
     * A time by two clocks. The monotonic clock stands still while the host is suspended, and an operator may set the
     * wall clock.
     */
    record Time(long nanos, long wallMillis) {
        static Time now() {
            return new Time(System.nanoTime(), System.currentTimeMillis());
        }

        private boolean isWithin(Duration duration, Time since) {
            long wall = wallMillis - since.wallMillis();
            return nanos - since.nanos() <= duration.toNanos() && wall >= 0 && wall <= duration.toMillis();
        }
    }

    /** Returns the last inspection of an unchanged container; empty if it has to be inspected. */
    synchronized Optional<T> unchanged(ContainerList.Entry entry, Time now) {
        Kept<T> last = kept.get(entry.id());
        if (last == null
                || !now.isWithin(GAP, last.listedAt())
                || !now.isWithin(OLDEST, last.inspectedAt())
                || !isUnchanged(last.entry(), entry)) {
            return Optional.empty();
        }
        kept.put(entry.id(), new Kept<>(entry, last.inspected(), last.inspectedAt(), now));
        return Optional.of(last.inspected());
    }

    /** Returns a number that {@link #forget} changes, to be read before an inspection. */
    synchronized long version() {
        return forgotten;
    }

    /**
     * Keeps the inspection of a listed container in a lasting state, unless an event of a container came meanwhile.
     *
     * @param before the {@link #version} before the inspection
     */
    synchronized void keep(ContainerList.Entry entry, T inspected, Time now, long before) {
        kept.remove(entry.id());
        if (forgotten == before && lasting(entry.status()).isPresent()) {
            kept.put(entry.id(), new Kept<>(entry, inspected, now, now));
        }
    }

    /** Forgets a container that is inspected by itself, since an event may have changed it. */
    synchronized void forget(String id) {
        forgotten++;
        kept.remove(id);
    }

    /** Forgets the containers that are not in the list. */
    synchronized void retain(Collection<ContainerList.Entry> entries) {
        Set<String> ids = entries.stream().map(ContainerList.Entry::id).collect(Collectors.toSet());
        kept.keySet().retainAll(ids);
    }

    static boolean isUnchanged(ContainerList.Entry before, ContainerList.Entry now) {
        return before.name().equals(now.name())
                && before.addresses().equals(now.addresses())
                && before.networks().equals(now.networks())
                && lasting(now.status()).isPresent()
                && lasting(before.status()).equals(lasting(now.status()));
    }

    /** Returns the state and the health without the time; empty for a state that is less than a minute old. */
    private static Optional<String> lasting(String status) {
        Matcher lasting = LASTING.matcher(status);
        return lasting.matches()
                ? Optional.of(
                        lasting.group(1) + Optional.ofNullable(lasting.group(2)).orElse(""))
                : Optional.empty();
    }
}
