package org.pgsteward.cli;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.model.Enrolment;

/**
 * Target of a restore: another service may own the database or the name of the dump by now. Pure.
 *
 * @param service name in the journal
 * @param owner role that is to own the database
 * @param database database to replace
 */
record RestorePlace(String service, String owner, String database) {
    /**
     * Returns the target. The present owner of the dumped database has priority over the service of the dump's name. If
     * neither is enrolled, the dump's own names are used.
     */
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
     * Returns the reason why the restore must not replace a database. It applies if the service has another database
     * now and the dumped one still exists.
     *
     * @param there names of all databases
     */
    static Optional<String> notReplacing(Manifest dumped, List<Enrolment> enrolled, Collection<String> there) {
        return enrolled.stream()
                .filter(one -> one.service().equals(dumped.source().service()))
                .filter(one -> !one.database().equals(dumped.source().database())
                        && there.contains(dumped.source().database()))
                .findFirst()
                .map(one -> "backup '" + dumped.identity().backupId() + "' is of database "
                        + dumped.source().database()
                        + ", which still exists, and service " + one.service() + " has database " + one.database()
                        + " now: restore the backup with --into into a new database");
    }
}
