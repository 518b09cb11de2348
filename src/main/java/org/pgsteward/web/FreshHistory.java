package org.pgsteward.web;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.journal.JournalTrouble;
import org.pgsteward.journal.ServiceHistory;
import org.pgsteward.model.Elapsed;

/**
 * Histories of services for the one thread of the service pages, so PostgreSQL gets one query at a time. A service that
 * is requested again within two seconds gets the same history. While PostgreSQL hangs, a request gets the reason after at
 * most two seconds, and no further query starts until the first one has ended. Thread-safe.
 */
final class FreshHistory {
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final ServicePage.Histories source;
    private final Duration fresh;
    private final Duration patience;
    private final Executor thread = Reading.oneThread("service-page");
    private @Nullable OfService last;

    FreshHistory(ServicePage.Histories source) {
        this(source, FRESH, PATIENCE);
    }

    /**
     * Creates a history with other times.
     *
     * @param fresh time for which one reading is used
     * @param patience longest time that a request waits for a reading
     */
    FreshHistory(ServicePage.Histories source, Duration fresh, Duration patience) {
        this.source = source;
        this.fresh = fresh;
        this.patience = patience;
    }

    /**
     * The answer to one request.
     *
     * @param history empty if it cannot be read now
     * @param trouble the reason; empty if there is a history
     */
    record Answer(Optional<ServiceHistory> history, String trouble) {
        static Answer without(String trouble) {
            return new Answer(Optional.empty(), trouble);
        }
    }

    private record OfService(String service, Reading<Answer> reading) {}

    Answer of(String service) {
        OfService now = current(service);
        if (!now.service().equals(service)) {
            return hangs(now.reading());
        }
        try {
            return now.reading().get(patience);
        } catch (TimeoutException hangs) {
            return hangs(now.reading());
        }
    }

    /** Returns the reading of {@code service}, or the unfinished reading of another service. */
    private synchronized OfService current(String service) {
        OfService before = last;
        if (before != null) {
            boolean isFresh =
                    before.service().equals(service) && !before.reading().isOlderThan(fresh);
            if (isFresh || !before.reading().isDone()) {
                return before;
            }
        }
        OfService now = new OfService(service, new Reading<>(() -> read(service), thread));
        last = now;
        return now;
    }

    private Answer read(String service) {
        try {
            return new Answer(Optional.of(source.of(service)), "");
        } catch (SQLException e) {
            return Answer.without(JournalTrouble.of(e));
        }
    }

    private static Answer hangs(Reading<Answer> reading) {
        return Answer.without("PostgreSQL has not answered for " + Elapsed.words(reading.sinceBegun()));
    }
}
