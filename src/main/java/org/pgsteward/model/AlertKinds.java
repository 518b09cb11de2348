package org.pgsteward.model;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The kinds of alerts, and their renamed ones. For one more version, the previous name of a kind is taken for the new one wherever a kind is
 * read: in the files of alerts, silences and notifications, and in an operator's route files.
 */
public final class AlertKinds {
    /** The new names by the previous ones. */
    public static final SortedMap<String, String> RENAMED = Collections.unmodifiableSortedMap(
            new TreeMap<>(Map.of("backup-reproof", "backup-not-reverified", "feed-deaf", "feed-stale")));

    /** All kinds that pgsteward raises. A route of an operator may raise others. */
    public static final Set<String> ALL = Collections.unmodifiableSet(new TreeSet<>(Set.of(
            "archiver-failing",
            "autovacuum-ended",
            "backup-damaged",
            "backup-ends-pgsteward",
            "backup-failed",
            "backup-missing",
            "backup-not-reverified",
            "backup-overdue",
            "backup-shrunk",
            "backup-stuck",
            "catalog-locked",
            "checksums-off",
            "collation-changed",
            "connections-near-maximum",
            "copy-damaged",
            "copy-failed",
            "copy-overdue",
            "database-forgotten",
            "database-growing",
            "database-large",
            "database-unreachable",
            "database-unused",
            "deadlock",
            "disk-filling",
            "disk-taken",
            "enrolment-refused",
            "feed-stale",
            "image-changed",
            "image-newer",
            "journal-waiting",
            "limit-exceeded",
            "lock-waiting",
            "logins-failed",
            "memory-high",
            "memory-killed",
            "memory-taken",
            "network-missing",
            "not-enrolled",
            "notify-queue-filling",
            "outbox-growing",
            "page-damaged",
            "pool-exceeds-limit",
            "postgres-down",
            "postgres-name-taken",
            "postgres-restarted",
            "prepared-transaction-old",
            "query-slow",
            "receiver-failing",
            "replication-slot-abandoned",
            "restore-caveat",
            "rights-changed",
            "role-paused",
            "role-shut-out",
            "route-refused",
            "sequence-ending",
            "service-connections-near-limit",
            "service-down",
            "service-idle",
            "service-unconnected",
            "service-updated",
            "settings-too-large",
            "statements-slow",
            "transaction-idle",
            "transaction-ids-old",
            "transaction-long")));

    private AlertKinds() {}

    /** Returns the present name of the kind with this present or previous name. */
    public static String current(String kind) {
        return RENAMED.getOrDefault(kind, kind);
    }

    /** Returns the previous name of a kind; empty if it was not renamed. */
    public static Optional<String> previous(String kind) {
        return RENAMED.entrySet().stream()
                .filter(renamed -> renamed.getValue().equals(kind))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
