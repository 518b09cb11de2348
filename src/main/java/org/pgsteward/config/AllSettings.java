package org.pgsteward.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
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
            JournalConfig.SECTION,
            MonitorConfig.SECTION,
            AlertConfig.SECTION,
            ReceiverConfig.SECTION,
            WatcherConfig.SECTION);

    private static final Map<String, Setting<?>> BY_NAME = SECTIONS.stream()
            .flatMap(section -> section.settings().stream())
            .collect(Collectors.toUnmodifiableMap(Setting::name, Function.identity()));

    private AllSettings() {}

    public static List<Setting<?>> all() {
        return SECTIONS.stream()
                .<Setting<?>>flatMap(section -> section.settings().stream())
                .toList();
    }

    static Optional<Setting<?>> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
