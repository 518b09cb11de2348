package org.pgsteward.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.Alert;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.model.AlertFigures;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.monitor.HostObservation;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.RowTexts;
import org.pgsteward.postgres.DaemonLock;

/** The JSON document of the command {@code status}. Programs read its fields, so their names stay. */
final class StatusDocument {
    private StatusDocument() {}

    static Map<String, Object> of(Overview overview, OverallHealth health, List<DaemonLock.Session> daemons) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("well", health.isWell());
        document.put("headline", health.headline());
        document.put("at", overview.at().toString());
        document.put("problems", health.problems());
        document.put(
                "reasons", health.reasons().stream().map(StatusDocument::reason).toList());
        document.put("trouble", overview.trouble().orElse(""));
        document.put("known_at", text(overview.known()));
        List<Map<String, Object>> services = new ArrayList<>();
        for (Overview.Service service : overview.services()) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("service", service.name());
            line.put("state", RowTexts.state(service, overview).words());
            line.put("quarantined_at", text(service.quarantinedAt()));
            line.put(
                    "database_bytes",
                    service.database().map(DatabaseMetrics.Figure::sizeBytes).orElse(null));
            line.put(
                    "connections",
                    service.database().map(DatabaseMetrics.Figure::connections).orElse(null));
            line.put("restorable_to", text(service.restorableTo()));
            line.put(
                    "backup_bytes",
                    service.backups().map(BackupHistory::sizeBytes).orElse(null));
            line.put("last_verified_at", text(history(service, BackupHistory::lastVerified)));
            line.put("last_success_at", text(history(service, BackupHistory::lastSuccess)));
            line.put(
                    "restore_seconds",
                    history(service, BackupHistory::restores)
                            .map(Duration::toMillis)
                            .map(millis -> millis / 1000.0)
                            .orElse(null));
            line.put(
                    "last_state",
                    service.backups().map(BackupHistory::lastState).orElse(null));
            services.add(line);
        }
        document.put("services", services);
        document.put(
                "kept_databases",
                overview.kept().stream()
                        .map(one -> Map.of(
                                "database", one.name(),
                                "service", one.service(),
                                "reason", one.replaced() ? "replaced" : "restored",
                                "since", one.since().toString(),
                                "size_bytes", one.sizeBytes()))
                        .toList());
        List<Map<String, Object>> alerts = new ArrayList<>();
        for (Alert alert : overview.firing()) {
            alert.worst().ifPresent(cause -> {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("kind", alert.kind());
                line.put("service", alert.service());
                line.put("severity", alert.severity().word());
                line.put("since", alert.since().toString());
                line.put("reason", cause.reason());
                line.put("remedy", cause.remedy());
                line.put("figures", AlertFigures.underBothNames(cause.figures()));
                alerts.add(line);
            });
        }
        document.put("alerts", alerts);
        document.put("silences", overview.silences());
        document.put(
                "recent_incidents",
                overview.host().incidents().stream()
                        .map(incident -> IncidentDocument.of(incident, overview.at()))
                        .toList());
        document.put("next_backup_at", text(overview.host().next().usual()));
        OptionalLong stored = overview.storedBytes();
        document.put("store_bytes", stored.isPresent() ? stored.getAsLong() : null);
        document.put(
                "store_disk_free_bytes",
                overview.host().storeDisk().map(HostObservation.Disk::freeBytes).orElse(null));
        document.put(
                "store_disk_total_bytes",
                overview.host()
                        .storeDisk()
                        .map(HostObservation.Disk::totalBytes)
                        .orElse(null));
        document.put(
                "copies",
                overview.host().copies().stream().map(StatusDocument::copies).toList());
        document.put("unencrypted_copies", new TreeMap<>(overview.host().exposed()));
        document.put("daemons", daemons.stream().map(StatusDocument::daemon).toList());
        return document;
    }

    private static Map<String, Object> copies(CopyStatus status) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("target", status.target());
        line.put("newest_complete_set", text(status.newestCompleteSet()));
        line.put("states", status.states());
        List<Map<String, Object>> services = new ArrayList<>();
        status.services().forEach((service, copies) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("service", service);
            one.put("newest_copy", text(copies.newest()));
            one.put("newest_verified_copy", text(copies.newestVerified()));
            services.add(one);
        });
        line.put("services", services);
        return line;
    }

    private static Map<String, Object> daemon(DaemonLock.Session session) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("state", session.active() ? "active" : "standby");
        line.put("host", session.host());
        line.put("address", session.address());
        line.put("since", session.since().toString());
        return line;
    }

    private static Map<String, Object> reason(OverallHealth.Reason reason) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("service", reason.service());
        line.put("kind", reason.kind());
        line.put("severity", reason.severity().word());
        line.put("problem", reason.problem());
        line.put("text", reason.text());
        line.put("remedy", reason.remedy());
        return line;
    }

    private static @Nullable String text(Optional<Instant> at) {
        return at.map(Instant::toString).orElse(null);
    }

    private static <T> Optional<T> history(Overview.Service service, Function<BackupHistory, Optional<T>> value) {
        return service.backups().flatMap(value);
    }
}
