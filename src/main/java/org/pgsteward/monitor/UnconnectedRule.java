package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.pgsteward.model.Severity;

/**
 * The time for which no session of a service has been seen. The alert is for information: many applications connect for
 * each request, and a reading seldom falls into such a moment.
 */
final class UnconnectedRule extends MetricRule<DatabaseObservation> {
    UnconnectedRule() {
        super("service-unconnected", Unit.TIME);
    }

    @Override
    Severity mild() {
        return Severity.INFO;
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .filter(database -> database.enrolledAt().isPresent())
                .map(database -> finding(now, database, database.enrolledAt().get()))
                .toList();
    }

    private static Finding finding(DatabaseObservation now, DatabaseObservation.Database database, Instant enrolledAt) {
        Instant looking = enrolledAt.isAfter(database.watchedSince()) ? enrolledAt : database.watchedSince();
        Instant since = database.lastSession().orElse(looking);
        long seconds = Math.max(0, Duration.between(since, now.at()).toSeconds());
        String says = database.sessions() > 0
                ? database.sessions() + (database.sessions() == 1 ? " session is" : " sessions are") + " connected"
                : "it has had no session for " + Unit.TIME.words(seconds)
                        + (database.lastSession().isPresent()
                                ? ""
                                : looking.equals(enrolledAt) ? ", since its enrolment" : ", since pgsteward started");
        return new Finding(
                database.service(),
                (double) seconds,
                says,
                "pgsteward doctor   # checks its host name, network and password",
                Map.of("sessions", database.sessions(), "seconds", seconds));
    }
}
