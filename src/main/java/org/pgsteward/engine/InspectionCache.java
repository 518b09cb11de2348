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
 * The last inspection of each container, as long as the engine's list shows that the container is unchanged. A host of
 * 200 containers would else be asked for 200 documents every 20 seconds. Safe for many threads.
 *
 * <p>A container counts as unchanged if its state, name and addresses are the same, and the list gives the time since
 * its last start or end in minutes or more. A container that ended and started between two lists shows seconds, as long
 * as the lists follow one another within {@link #GAP}.
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

    private record Kept<T>(ContainerList.Entry entry, T inspected, long inspectedAt, long listedAt) {}

    /**
     * Returns the last inspection of an unchanged container; empty if it has to be inspected.
     *
     * @param now the time of the list, as {@link System#nanoTime}
     */
    synchronized Optional<T> unchanged(ContainerList.Entry entry, long now) {
        Kept<T> last = kept.get(entry.id());
        if (last == null
                || now - last.listedAt() > GAP.toNanos()
                || now - last.inspectedAt() > OLDEST.toNanos()
                || !isUnchanged(last.entry(), entry)) {
            return Optional.empty();
        }
        kept.put(entry.id(), new Kept<>(entry, last.inspected(), last.inspectedAt(), now));
        return Optional.of(last.inspected());
    }

    /** Keeps the inspection of a listed container. */
    synchronized void keep(ContainerList.Entry entry, T inspected, long now) {
        kept.put(entry.id(), new Kept<>(entry, inspected, now, now));
    }

    /** Forgets a container that was inspected by itself, since an event may have changed it. */
    synchronized void forget(String id) {
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
