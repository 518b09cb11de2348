package org.pgsteward.monitor;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The environment variables that held the levels before {@code thresholds.yaml}. They override the file for one more
 * version.
 */
public final class OldLevels {
    private static final String PREFIX = "pgsteward.";

    /** The metrics by the middle of their old settings. */
    private static final Map<String, String> FIGURES = Map.ofEntries(
            Map.entry("memory", "memory"),
            Map.entry("monitor.postgres", "postgres"),
            Map.entry("watch.connections", "connections"),
            Map.entry("watch.service.connections", "service-connections"),
            Map.entry("watch.transaction", "open-transaction"),
            Map.entry("watch.idle", "idle-transaction"),
            Map.entry("watch.lock", "lock-wait"),
            Map.entry("watch.deadlock", "deadlocks"),
            Map.entry("watch.ids", "transaction-ids"),
            Map.entry("watch.size", "database-size"),
            Map.entry("watch.growth", "database-growth"),
            Map.entry("watch.unconnected", "unconnected"),
            Map.entry("watch.restart", "restarts"),
            Map.entry("watch.settings", "memory-settings"),
            Map.entry("watch.notify", "notify-queue"),
            Map.entry("watch.query", "slow-query"),
            Map.entry("watch.statements", "slow-statements"),
            Map.entry("watch.logins.failed", "failed-logins"),
            Map.entry("watch.logins", "logins"),
            Map.entry("watch.disk", "disk"),
            Map.entry("watch.feed", "event-feed"),
            Map.entry("watch.spool", "journal-spool"),
            Map.entry("watch.outbox", "outbox"),
            Map.entry("watch.image", "newer-image"));

    private OldLevels() {}

    /**
     * One old setting.
     *
     * @param key such as {@code pgsteward.watch.disk.warn}
     */
    public record Old(String key, String figure, String name) {
        /** Returns the old setting as an environment variable. */
        public String variable() {
            return key.toUpperCase(Locale.ROOT).replace('.', '_');
        }

        /** Returns the advice where the value belongs now. */
        public String advice(String value) {
            return variable() + " is read for this version only; write '" + figure + ": {" + name + ": "
                    + (name.equals("services") ? "{…}" : value) + "}' into routes/" + ThresholdsFile.NAME;
        }
    }

    /** Returns the old setting with this key; empty for any other key. */
    public static Optional<Old> of(String key) {
        if (!key.startsWith(PREFIX)) {
            return Optional.empty();
        }
        String rest = key.substring(PREFIX.length());
        if (rest.equals("watch.logins")) {
            return Optional.of(new Old(key, "logins", "enabled"));
        }
        int dot = rest.lastIndexOf('.');
        String figure = dot < 0 ? null : FIGURES.get(rest.substring(0, dot));
        String name = rest.substring(dot + 1);
        return figure != null && ThresholdsFile.keys(figure).contains(name)
                ? Optional.of(new Old(key, figure, name))
                : Optional.empty();
    }

    /** Returns the old settings among these keys, with their values. */
    public static Map<Old, String> among(Iterable<String> keys, Function<String, Optional<String>> value) {
        Map<Old, String> found = new TreeMap<>(java.util.Comparator.comparing(Old::key));
        for (String key : keys) {
            of(key).ifPresent(old -> value.apply(key).ifPresent(text -> found.put(old, text)));
        }
        return found;
    }

    /** Overrides the file's text by one old setting. */
    static void add(ThresholdsText text, Old old, String value) {
        ThresholdsText.Figure figure = text.figure(old.figure());
        if (!old.name().equals("services")) {
            figure.put(old.name(), new ThresholdsText.Value(value, 0));
            return;
        }
        for (String entry : value.split(",", -1)) {
            if (entry.isBlank()) {
                continue;
            }
            String[] parts = entry.split("=", 2);
            if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
                throw new WrongThreshold(
                        0,
                        "services has '" + entry.strip()
                                + "': write SERVICE=LEVEL, SERVICE=LEVEL/CRITICAL or SERVICE=off");
            }
            String[] both = parts[1].split("/", 2);
            String service = parts[0].strip();
            figure.put(service, "warn", new ThresholdsText.Value(both[0].strip(), 0));
            if (both.length == 2) {
                figure.put(service, "critical", new ThresholdsText.Value(both[1].strip(), 0));
            }
        }
    }
}
