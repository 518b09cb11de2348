package org.pgsteward.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.pgsteward.alert.Fallbacks;

/** Times at which operators are notified of an alert, and the order of receivers. */
public record AlertConfig(Fallbacks fallbacks, Path templates) {
    static final Section SECTION = new Section("Alerts", "");

    static {
        SECTION.inRoutes("pgsteward.alerts.wait", "Time for which a notification waits for similar ones.");
        SECTION.inRoutes("pgsteward.alerts.group.from", "Number of alerts of one kind that become one message.");
        SECTION.inRoutes("pgsteward.alerts.interval", "Least time between two such messages of a kind.");
        SECTION.inRoutes(
                "pgsteward.alerts.repeat.critical",
                "Time after which a critical alert that still fires is sent again; `0s` for never.");
        SECTION.inRoutes(
                "pgsteward.alerts.repeat.warning",
                "Time after which a warning that still fires is sent again; `0s` for never.");
        SECTION.inRoutes(
                "pgsteward.alerts.flaps",
                "Number of times an alert may fire within the window before it counts as flapping.");
        SECTION.inRoutes("pgsteward.alerts.flap.window", "Window in which they are counted.");
        SECTION.inRoutes(
                "pgsteward.alerts.calm", "Time without a change after which an alert no longer counts as flapping.");
        SECTION.inRoutes(
                "pgsteward.alerts.settle",
                "Time that the consequences of a failure of PostgreSQL may last, after it is back, before they are sent.");
        SECTION.inRoutes("pgsteward.alerts.quiet", "Hours in which nothing is sent: `Sun 03:00-05:00; 01:00-01:30`.");
        SECTION.formerly(
                "pgsteward.alerts.look",
                SECTION.inRoutes("pgsteward.alerts.tick", "Time between two checks for due notifications."));
    }

    public static final Setting<List<String>> FALLBACK = SECTION.optional(
            "pgsteward.alerts.fallback",
            Form.LIST,
            "none",
            "Receivers that get only what those before them did not take: `email,slack`.");
    public static final Setting<Duration> FAILING_AFTER = SECTION.setting(
            "pgsteward.alerts.failing.after",
            Form.TIME.limited("above 0s", time -> !time.isZero()),
            "15m",
            "Time without a successful delivery after which a receiver counts as failing. The others are then notified, and the next"
                    + " fallback is used.");
    public static final Setting<Path> TEMPLATES = SECTION.optional(
            "pgsteward.templates.dir",
            Paths.AS_WRITTEN,
            "`templates` in the folder of the routes",
            "Folder of your own texts of notifications.");

    public static AlertConfig of(Settings settings) {
        return new AlertConfig(
                new Fallbacks(settings.find(FALLBACK).orElse(List.of()), settings.value(FAILING_AFTER)),
                settings.find(TEMPLATES)
                        .orElseGet(() -> settings.value(DaemonConfig.ROUTES).resolve("templates")));
    }
}
