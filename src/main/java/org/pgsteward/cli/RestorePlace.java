package org.pgsteward.cli;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.model.Enrolment;

/**
 * Where a dump goes back to and whose it is to be: what it was of may be another service's now. Pure.
 *
 * @param service under whose name it is written down
 * @param owner the role that it shall belong to
 * @param database in whose place it goes
 */
record RestorePlace(String service, String owner, String database) {
    /** Whoever has the database goes before whoever has the name: a service that has neither kept both. */
    static RestorePlace of(Manifest dumped, List<Enrolment> enrolled) {
        Optional<Enrolment> now = enrolled.stream()
                .filter(one -> one.database().equals(dumped.source().database()))
                .findFirst()
                .or(() -> enrolled.stream()
                        .filter(one -> one.service().equals(dumped.source().service()))
                        .findFirst());
        return new RestorePlace(
                now.map(Enrolment::service).orElse(dumped.source().service()),
                now.map(Enrolment::user)
                        .filter(user -> !user.isEmpty())
                        .orElse(dumped.source().owner()),
                now.map(Enrolment::database).orElse(dumped.source().database()));
    }

    /**
     * Why it goes in the place of none: its service has another database now, and its own is still there, whosever it is.
     *
     * @param there the names of all databases
     */
    static Optional<String> notReplacing(Manifest dumped, List<Enrolment> enrolled, Collection<String> there) {
        return enrolled.stream()
                .filter(one -> one.service().equals(dumped.source().service()))
                .filter(one -> !one.database().equals(dumped.source().database())
                        && there.contains(dumped.source().database()))
                .findFirst()
                .map(one -> "backup '" + dumped.identity().backupId() + "' is of database "
                        + dumped.source().database()
                        + ", which is still there, and service " + one.service() + " has database " + one.database()
                        + " now: restore it --into a new one");
    }
}
