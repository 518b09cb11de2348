package org.pgsteward.alert;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest incidents of the last days, for displays that are drawn often. The record on disk has up to 2 MB, so it is
 * read again only after a change of its files. Thread-safe.
 */
public final class RecentIncidents {
    /** The longest time since the end of an incident. */
    public static final Duration SPAN = Duration.ofDays(7);

    /** Limit of the incidents that are returned. */
    public static final int MOST = 10;

    private static final Logger LOG = LoggerFactory.getLogger(RecentIncidents.class);

    private final AlertHistory history;
    private @Nullable Ended last;

    public RecentIncidents(AlertHistory history) {
        this.history = history;
    }

    /**
     * The newest incidents in the record.
     *
     * @param state the state of the files at the reading
     * @param incidents the newest start first, and {@link #MOST} at most
     */
    private record Ended(AlertHistory.FileState state, List<Incident> incidents) {
        /**
         * Returns whether this reading still has the newest incidents after {@code since}. A full reading may have left
         * out an older incident, which counts once one of these is too old.
         */
        boolean isCurrent(AlertHistory.FileState now, Instant since) {
            return state.equals(now)
                    && (incidents.size() < MOST
                            || incidents.stream()
                                    .noneMatch(incident -> incident.end(since).isBefore(since)));
        }
    }

    /**
     * Returns the incidents that fire or have ended within the last seven days, the newest start first and 10 at most.
     * While the record cannot be read, these are only the firing ones.
     */
    public List<Incident> newest(Instant now, Collection<Alert> firing) {
        Instant since = now.minus(SPAN);
        return Stream.concat(firing.stream().map(Incident::of), ended(since).stream())
                .filter(incident -> !incident.end(now).isBefore(since))
                .sorted(Comparator.comparing(Incident::since).reversed())
                .limit(MOST)
                .toList();
    }

    private synchronized List<Incident> ended(Instant since) {
        try {
            // The state is read first: an incident that is recorded during the reading causes another one.
            AlertHistory.FileState state = history.state();
            Ended before = last;
            if (before != null && before.isCurrent(state, since)) {
                return before.incidents();
            }
            List<Incident> incidents = history.newest(since, MOST);
            last = new Ended(state, incidents);
            return incidents;
        } catch (IOException refused) {
            LOG.debug("cannot read the history of alerts: {}", refused.toString());
            return List.of();
        }
    }
}
