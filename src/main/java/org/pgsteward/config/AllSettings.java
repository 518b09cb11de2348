package org.pgsteward.config;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All settings, by capability. */
public final class AllSettings {
    /** In the order of the reference. */
    public static final List<Section> SECTIONS = List.of(
            PostgresConfig.SECTION,
            WebConfig.SECTION,
            DaemonConfig.SECTION,
            EngineConfig.SECTION,
            ProvisionConfig.SECTION,
            BackupConfig.SECTION,
            RetentionConfig.SECTION,
            BackupWatchConfig.SECTION,
            CopyConfig.SECTION,
            JournalConfig.SECTION,
            MonitorConfig.SECTION,
            AlertConfig.SECTION,
            ReceiverConfig.SECTION,
            WatcherConfig.SECTION);

    private static final Map<String, Setting<?>> BY_NAME = SECTIONS.stream()
            .flatMap(section -> section.settings().stream())
            .collect(Collectors.toUnmodifiableMap(Setting::name, Function.identity()));

    private static final SortedMap<String, Setting<?>> OLD_NAMES = SECTIONS.stream()
            .flatMap(section -> section.oldNames().entrySet().stream())
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, other) -> one, TreeMap::new));

    private AllSettings() {}

    public static List<Setting<?>> all() {
        return SECTIONS.stream()
                .<Setting<?>>flatMap(section -> section.settings().stream())
                .toList();
    }

    /** Returns the renamed settings by their previous names, which are read for one more version. */
    public static SortedMap<String, Setting<?>> oldNames() {
        return Collections.unmodifiableSortedMap(OLD_NAMES);
    }

    /** Returns the present name of the setting with this present or previous name; any other name unchanged. */
    public static String currentName(String name) {
        Setting<?> renamed = OLD_NAMES.get(name);
        return renamed == null ? name : renamed.name();
    }

    /** Returns the setting with this present or previous name. */
    static Optional<Setting<?>> named(String name) {
        return Optional.ofNullable(BY_NAME.get(currentName(name)));
    }
}
