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
        SECTION.inRoutes(
                "pgsteward.alerts.group.from",
                "Number of alerts of one kind from which they are grouped into one notification.");
        SECTION.inRoutes("pgsteward.alerts.interval", "Shortest time between two notifications of one kind.");
        SECTION.inRoutes(
                "pgsteward.alerts.repeat.critical",
                "Time after which a critical alert that still fires is notified again; `0s` for never.");
        SECTION.inRoutes(
                "pgsteward.alerts.repeat.warning",
                "Time after which a warning that still fires is notified again; `0s` for never.");
        SECTION.inRoutes(
                "pgsteward.alerts.flaps",
                "Number of times that an alert must fire within the window to count as flapping.");
        SECTION.inRoutes("pgsteward.alerts.flap.window", "Length of that window.");
        SECTION.inRoutes(
                "pgsteward.alerts.calm", "Time without a change after which an alert no longer counts as flapping.");
        SECTION.inRoutes(
                "pgsteward.alerts.settle",
                "Time for which the consequences of an alert are still held back after its end, such as `service-down` after `postgres-down`.");
        SECTION.inRoutes("pgsteward.alerts.quiet", "Hours without notifications: `Sun 03:00-05:00; 01:00-01:30`.");
        SECTION.formerly(
                "pgsteward.alerts.look",
                SECTION.inRoutes("pgsteward.alerts.tick", "Time between two checks for due notifications."));
    }

    public static final Setting<List<String>> FALLBACK = SECTION.optional(
            "pgsteward.alerts.fallback",
            Form.LIST,
            "none",
            "Fallback receivers in their order, such as `email,slack`. Each gets only the notifications that no receiver before it took.");
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
            "Folder of templates that replace the shipped texts of notifications.");

    public static AlertConfig of(Settings settings) {
        return new AlertConfig(
                new Fallbacks(settings.find(FALLBACK).orElse(List.of()), settings.value(FAILING_AFTER)),
                settings.find(TEMPLATES)
                        .orElseGet(() -> settings.value(DaemonConfig.ROUTES).resolve("templates")));
    }
}
