package org.pgsteward.overview;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.Incident;
import org.pgsteward.backup.schedule.NextBackups;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.BackupDays.Outcome;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.journal.ServiceHistory;
import org.pgsteward.journal.ServiceHistoryRows;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.monitor.HostObservation;

/** A home lab on a usual morning, for the tests of pages and of the terminal, and for the picture in the README. */
public final class SampleHost {
    public static final Instant NOW = Instant.parse("2026-11-30T08:14:09Z");

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final Instant NIGHT = Instant.parse("2026-11-30T03:00:00Z");

    private SampleHost() {}

    /** Returns the state: one warning, and everything else as it should be. */
    public static Overview overview() {
        List<Overview.Service> services = new ArrayList<>();
        services.add(cluster(Targets.BASE, 27, 312 * MIB, "verified", 38));
        services.add(cluster(Targets.GLOBALS, 0, 2 * KIB, "verified", 1));
        services.add(service("forgejo", 146 * MIB, 4, 21 * MIB, 6, ServiceState.RUNS, 171, 512));
        services.add(service("immich", 1_430 * MIB, 9, 402 * MIB, 71, ServiceState.RUNS, 380, 1024));
        services.add(service("nextcloud", 623 * MIB, 12, 97 * MIB, 24, ServiceState.RUNS, 228, 256));
        services.add(new Overview.Service(
                "postgresql",
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.of(ServiceState.RUNS),
                Optional.of(new Memory(118 * MIB, 256 * MIB)),
                Optional.empty(),
                Optional.empty()));
        services.add(service(
                "vaultwarden",
                12 * MIB,
                0,
                1_400 * KIB,
                1,
                new ServiceState(
                        "stopped", false, Optional.of(Severity.INFO), "container vaultwarden was stopped on purpose"),
                0,
                0));
        services.add(service("vikunja", 47 * MIB, 3, 6 * MIB, 2, ServiceState.RUNS, 74, 256));
        Overview overview = overview(Optional.empty(), services, List.of(memoryHigh()));
        return with(overview, hostSummary());
    }

    /** Returns an overview with another state beside that of the services. */
    public static Overview with(Overview overview, HostSummary host) {
        return new Overview(
                overview.at(),
                overview.trouble(),
                overview.known(),
                overview.services(),
                overview.firing(),
                overview.silences(),
                overview.daemon(),
                overview.typing(),
                overview.kept(),
                host);
    }

    /** Returns three incidents, a service with a schedule of its own, and a disk with space. */
    public static HostSummary hostSummary() {
        Instant failed = NIGHT.minus(Duration.ofDays(3)).plusSeconds(12);
        return new HostSummary(
                List.of(
                        new Incident(
                                "memory-high",
                                "nextcloud",
                                Severity.WARNING,
                                memoryHigh().since(),
                                null,
                                memoryHigh().last().reason()),
                        new Incident(
                                "backup-failed",
                                "nextcloud",
                                Severity.CRITICAL,
                                failed,
                                failed.plus(Duration.ofMinutes(31)),
                                "disk full (0 of 2.1 GiB free); next attempt at 03:30"),
                        new Incident(
                                "image-newer",
                                "postgresql",
                                Severity.INFO,
                                failed.minus(Duration.ofHours(40)),
                                failed.minus(Duration.ofHours(19)),
                                "the name postgres:17 stands for a newer image on this host")),
                new NextBackups(
                        Optional.of(NIGHT.plus(Duration.ofDays(1))),
                        Optional.of(new NextBackups.OfService("vaultwarden", NIGHT.plus(Duration.ofHours(9))))),
                Optional.of(new HostObservation.Disk(
                        "/backups", List.of("backups"), 460L * 1024 * MIB, 121L * 1024 * MIB, Optional.empty())));
    }

    /** Returns a state with these services. */
    public static Overview overview(Optional<String> trouble, List<Overview.Service> services, List<Alert> firing) {
        return new Overview(
                NOW,
                trouble,
                Optional.of(trouble.isPresent() ? NOW.minus(Duration.ofMinutes(3)) : NOW),
                services,
                firing,
                List.of(),
                Optional.of(new DaemonStatus(NOW, NOW, false, null, "", List.of(), Map.of(), Map.of(), false)),
                CommandPrefix.PLAIN);
    }

    private static Alert memoryHigh() {
        Instant since = NOW.minus(Duration.ofMinutes(41));
        Alert.Cause cause = new Alert.Cause(
                Severity.WARNING,
                "container nextcloud uses 228 MiB of its limit of 256 MiB (89 %); the warning begins at 80 %",
                "docker stats --no-stream nextcloud\ndocker update --memory 512m --memory-swap 512m nextcloud",
                Map.of(),
                since);
        return new Alert(
                "memory-high",
                "nextcloud",
                since,
                Severity.WARNING,
                Map.of("look", cause),
                cause,
                null,
                null,
                List.of(since));
    }

    /** Returns a service that was backed up last night. */
    public static Overview.Service service(
            String name,
            long databaseBytes,
            int sessions,
            long backupBytes,
            int restoreSeconds,
            ServiceState state,
            long usedMib,
            long limitMib) {
        return new Overview.Service(
                name,
                Optional.of(new DatabaseMetrics.Figure(name, databaseBytes, sessions)),
                Optional.of(backups(name, NIGHT, backupBytes, "verified", restoreSeconds)),
                days(Math.floorMod(name.hashCode(), 11)),
                Optional.of(state),
                limitMib == 0 ? Optional.empty() : Optional.of(new Memory(usedMib * MIB, limitMib * MIB)),
                Optional.empty(),
                Optional.empty());
    }

    private static Overview.Service cluster(
            String name, int hoursBefore, long backupBytes, String state, int restoreSeconds) {
        List<Outcome> days = days(3);
        if (name.equals(Targets.BASE)) {
            for (int day = 0; day < days.size(); day++) {
                days.set(day, day % 7 == 0 ? day < 14 ? Outcome.REMOVED : Outcome.KEPT : Outcome.NONE);
            }
        }
        return new Overview.Service(
                name,
                Optional.empty(),
                Optional.of(
                        backups(name, NIGHT.minus(Duration.ofHours(hoursBefore)), backupBytes, state, restoreSeconds)),
                days,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static BackupHistory backups(String name, Instant at, long backupBytes, String state, int restoreSeconds) {
        return new BackupHistory(
                name,
                Optional.of(at),
                Optional.of(at),
                restoreSeconds + 3,
                backupBytes,
                state,
                Optional.of(Duration.ofSeconds(restoreSeconds)),
                Optional.of(at),
                14 * backupBytes);
    }

    /** Returns the days of the default retention policy, with one bad night. */
    private static List<Outcome> days(int bad) {
        List<Outcome> days = new ArrayList<>(Collections.nCopies(BackupDays.DAYS, Outcome.REMOVED));
        Collections.fill(days.subList(BackupDays.DAYS - 7, BackupDays.DAYS), Outcome.KEPT);
        for (int week = 2; week <= 16; week += 7) {
            days.set(week, Outcome.KEPT);
        }
        if (bad == 1) {
            days.set(11, Outcome.UNVERIFIED);
        } else if (bad == 5) {
            days.set(17, Outcome.FAILED);
        }
        return days;
    }

    /** Returns a history of 60 days: growth, an image that changed, one failed night, and two alerts. */
    public static ServiceHistory history() {
        List<ServiceHistory.Run> runs = new ArrayList<>();
        List<OptionalLong> sizes = new ArrayList<>();
        for (int day = 0; day < ServiceHistoryRows.MOST_RUNS; day++) {
            long bytes = 97 * MIB - 900 * KIB * day + 160 * KIB * (day * 37 % 11);
            boolean failed = day == 12;
            boolean kept = day < 7 || day % 7 == 6;
            runs.add(new ServiceHistory.Run(
                    NIGHT.plusSeconds(41).minus(Duration.ofDays(day)),
                    "dump",
                    failed ? BackupState.FAILED : kept ? BackupState.VERIFIED : BackupState.EXPIRED,
                    !failed,
                    failed ? 0 : bytes,
                    Optional.of(Duration.ofMillis(8200 - day * 31L)),
                    failed ? Optional.empty() : Optional.of(Duration.ofMillis(24_300 - day * 97L)),
                    day < 9 ? "nextcloud:31.0.2-apache" : "nextcloud:30.0.8-apache",
                    failed ? "disk full (0 of 2.1 GiB free); next attempt at 03:30" : ""));
            if (day < BackupDays.DAYS) {
                sizes.add(0, failed ? OptionalLong.empty() : OptionalLong.of(bytes));
            }
        }
        return new ServiceHistory(
                Optional.of("nextcloud:31.0.2-apache"),
                runs,
                sizes,
                List.of(
                        new ServiceHistory.AlertRow(
                                NOW.minus(Duration.ofMinutes(41)), "alert firing: warning memory-high"),
                        new ServiceHistory.AlertRow(
                                NIGHT.minus(Duration.ofDays(11)), "alert resolved: critical backup-failed"),
                        new ServiceHistory.AlertRow(
                                NIGHT.minus(Duration.ofDays(12)), "alert firing: critical backup-failed")));
    }

    /** Returns services in every state that a row can show, by name. */
    public static Map<String, Overview.Service> everyState() {
        Map<String, Overview.Service> services = new LinkedHashMap<>();
        Overview.Service well = service("well", 47 * MIB, 3, 6 * MIB, 2, ServiceState.RUNS, 74, 256);
        services.put("well", well);
        for (BackupState newest : BackupState.values()) {
            services.put(
                    newest.word(),
                    new Overview.Service(
                            newest.word(),
                            well.database(),
                            Optional.of(backups(newest.word(), NIGHT, 0, newest.word(), 0)),
                            List.of(),
                            Optional.of(ServiceState.RUNS),
                            Optional.of(new Memory(1, 256 * MIB)),
                            Optional.empty(),
                            Optional.empty()));
        }
        services.put("new", service("new", well.database(), Optional.empty(), Optional.of(ServiceState.RUNS)));
        services.put("gone", service("gone", Optional.empty(), well.backups(), Optional.empty()));
        services.put("bare", service("bare", well.database(), well.backups(), Optional.empty()));
        services.put(
                "postgres",
                service(
                        "postgres",
                        Optional.of(new DatabaseMetrics.Figure("postgres", 8_000_000, 0, true)),
                        well.backups(),
                        Optional.empty()));
        services.put("postgresql", service("postgresql", Optional.empty(), Optional.empty(), well.state()));
        for (Severity severity : Severity.values()) {
            ServiceState state = new ServiceState("ended " + severity.word(), false, Optional.of(severity), "it ended");
            services.put(
                    severity.word(), service(severity.word(), well.database(), well.backups(), Optional.of(state)));
        }
        services.put(
                "quarantine",
                new Overview.Service(
                        "quarantine",
                        well.database(),
                        well.backups(),
                        well.days(),
                        well.state(),
                        Optional.empty(),
                        Optional.of(NIGHT),
                        Optional.empty()));
        services.put(Targets.GLOBALS, cluster(Targets.GLOBALS, 0, 2 * KIB, "verified", 0));
        services.put(Targets.BASE, cluster(Targets.BASE, 27, 312 * MIB, "failed", 38));
        return services;
    }

    private static Overview.Service service(
            String name,
            Optional<DatabaseMetrics.Figure> database,
            Optional<BackupHistory> backups,
            Optional<ServiceState> state) {
        return new Overview.Service(
                name, database, backups, List.of(), state, Optional.empty(), Optional.empty(), Optional.empty());
    }
}
