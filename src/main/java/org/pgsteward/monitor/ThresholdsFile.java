package org.pgsteward.monitor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Reads {@code routes/thresholds.yaml}. A key that the file omits has its value from the shipped file in the jar. */
public final class ThresholdsFile {
    /** The name of the file, in the folder of the routes. */
    public static final String NAME = "thresholds.yaml";

    private static final String SHIPPED = "/routes/" + NAME;

    private static final Map<String, Supplier<MetricRule<DatabaseObservation>>> DATABASES = new LinkedHashMap<>();
    private static final Map<String, Supplier<MetricRule<CatalogObservation>>> CATALOGS = new LinkedHashMap<>();
    private static final Map<String, Supplier<MetricRule<LogObservation>>> LOG = new LinkedHashMap<>();
    private static final Map<String, Supplier<MetricRule<HostObservation>>> HOST = new LinkedHashMap<>();
    private static final Map<String, Set<String>> KEYS = new TreeMap<>();

    static {
        DATABASES.put("connections", ConnectionsRule::new);
        DATABASES.put("service-connections", ServiceConnectionsRule::new);
        DATABASES.put("open-transaction", TransactionRule::new);
        DATABASES.put("idle-transaction", TransactionRule.Idle::new);
        DATABASES.put("lock-wait", LockRule::new);
        DATABASES.put("deadlocks", DeadlockRule::new);
        DATABASES.put("transaction-ids", IdAgeRule::new);
        DATABASES.put("database-size", SizeRule::new);
        DATABASES.put("database-growth", GrowthRule::new);
        DATABASES.put("unconnected", UnconnectedRule::new);
        DATABASES.put("restarts", RestartRule::new);
        DATABASES.put("memory-settings", SettingsRule::new);
        DATABASES.put("slow-query", SlowQueryRule::new);
        DATABASES.put("notify-queue", NotifyQueueRule::new);
        DATABASES.put("damaged-pages", DamagedPageRule::new);
        DATABASES.put("checksums", ChecksumsRule::new);
        DATABASES.put("replication-slots", SlotRule::new);
        DATABASES.put("prepared-transactions", PreparedRule::new);
        DATABASES.put("archiver", ArchiverRule::new);
        CATALOGS.put("sequences", SequenceRule::new);
        CATALOGS.put("collations", CollationRule::new);
        LOG.put("failed-logins", FailedLoginRule::new);
        LOG.put("slow-statements", SlowStatementRule::new);
        HOST.put("disk", DiskRule::new);
        HOST.put("event-feed", FeedRule::new);
        HOST.put("journal-spool", SpoolRule::new);
        HOST.put("outbox", OutboxRule::new);
        HOST.put("newer-image", ImageRule::new);
        Set<String> levels = new TreeSet<>(Set.of("warn", "critical", "clear", "lasting", "services"));
        DATABASES.keySet().forEach(figure -> KEYS.put(figure, levels));
        CATALOGS.keySet().forEach(figure -> KEYS.put(figure, levels));
        LOG.keySet().forEach(figure -> KEYS.put(figure, levels));
        HOST.keySet().forEach(figure -> KEYS.put(figure, levels));
        KEYS.put("memory", new TreeSet<>(Set.of("warn", "critical", "clear", "samples")));
        KEYS.put("postgres", Set.of("failures"));
        KEYS.put("logins", new TreeSet<>(Set.of("enabled", "again")));
    }

    private ThresholdsFile() {}

    /** Returns the metrics and the keys of each. */
    public static Map<String, Set<String>> keys() {
        return Map.copyOf(KEYS);
    }

    static Set<String> keys(String figure) {
        return KEYS.getOrDefault(figure, Set.of());
    }

    /**
     * Reads thresholds.
     *
     * @param text of the file; empty where there is none
     * @param old values of old environment variables, which override the file
     * @throws WrongThreshold if the text or a variable cannot be used
     */
    public static MonitorRules read(Optional<String> text, Map<OldLevels.Old, String> old) {
        ThresholdsText all = ThresholdsText.shipped(shipped(), KEYS);
        text.ifPresent(own -> all.add(ThresholdsText.parse(own, KEYS)));
        for (Map.Entry<OldLevels.Old, String> setting : old.entrySet()) {
            try {
                OldLevels.add(all, setting.getKey(), setting.getValue());
            } catch (WrongThreshold e) {
                String figure = setting.getKey().figure();
                throw said(figure, String.valueOf(e.getMessage()), all.figure(figure), old);
            }
        }
        return new MonitorRules(
                of("memory", all, old, ThresholdsFile::memory),
                of("postgres", all, old, figure -> new PostgresRule(count("failures", figure))),
                of("logins", all, old, figure -> LoginLog.Pace.parse(figure.get("enabled"), figure.get("again"))),
                rules(DATABASES, all, old),
                rules(CATALOGS, all, old),
                rules(LOG, all, old),
                rules(HOST, all, old));
    }

    /** Returns the text of the shipped file. */
    static String shipped() {
        try (InputStream in = ThresholdsFile.class.getResourceAsStream(SHIPPED)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no " + SHIPPED);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MemoryRule memory(ThresholdsText.Figure figure) {
        return new MemoryRule(
                figure.get("warn"), figure.get("critical"), figure.get("clear"), count("samples", figure));
    }

    private static int count(String key, ThresholdsText.Figure figure) {
        String text = figure.get(key);
        if (!text.matches("[0-9]{1,6}")) {
            throw new IllegalArgumentException(key + " is '" + text + "': write a number such as 2");
        }
        return Integer.parseInt(text);
    }

    private static <L extends Observation> List<MetricRule<L>> rules(
            Map<String, Supplier<MetricRule<L>>> figures, ThresholdsText all, Map<OldLevels.Old, String> old) {
        List<MetricRule<L>> rules = new ArrayList<>();
        figures.forEach((name, rule) -> rules.add(of(name, all, old, figure -> {
            MetricRule<L> made = rule.get();
            made.use(figure.levels());
            return made;
        })));
        return rules;
    }

    @FunctionalInterface
    private interface Maker<T> {
        /** @throws IllegalArgumentException with a message that begins with the wrong key */
        T make(ThresholdsText.Figure figure);
    }

    private static <T> T of(String name, ThresholdsText all, Map<OldLevels.Old, String> old, Maker<T> maker) {
        ThresholdsText.Figure figure = all.figure(name);
        try {
            return maker.make(figure);
        } catch (IllegalArgumentException e) {
            throw said(name, String.valueOf(e.getMessage()), figure, old);
        }
    }

    /** Returns the error with the metric, and with the variable that the value comes from. */
    private static WrongThreshold said(
            String name, String message, ThresholdsText.Figure figure, Map<OldLevels.Old, String> old) {
        Optional<OldLevels.Old> by = old.keySet().stream()
                .filter(setting -> setting.figure().equals(name) && message.startsWith(setting.name() + " "))
                .findFirst();
        if (by.isPresent()) {
            return new WrongThreshold(
                    0, name + ": " + message + " (set by " + by.get().variable() + ")");
        }
        int line = figure.lineOf(message);
        return new WrongThreshold(line > 0 ? line : figure.line(), name + ": " + message);
    }
}
