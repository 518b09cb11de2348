package org.pgsteward.config;

import static org.pgsteward.config.ReceiverConfig.ADDRESS;
import static org.pgsteward.config.ReceiverConfig.MAIL_STARTTLS_REQUIRED;
import static org.pgsteward.config.ReceiverConfig.MAIL_TLS;
import static org.pgsteward.config.ReceiverConfig.MAIL_USER;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Settings for the route files of receivers, derived from the operator's settings. */
public final class ReceiverSettings {
    private ReceiverSettings() {}

    /**
     * Returns the settings with {@code enabled} for each receiver, and addresses without a slash at their end.
     *
     * @throws IllegalArgumentException with the name of a setting that is missing or malformed; the value may be secret
     */
    public static Settings with(Settings given) {
        SettingFaults.of(given, Stream.of(ReceiverConfig.SECTION, WatcherConfig.SECTION)).values().stream()
                .findFirst()
                .ifPresent(fault -> {
                    throw new IllegalArgumentException(fault);
                });
        Map<String, String> decided = new LinkedHashMap<>();
        settings().forEach(setting -> {
            if (setting.is(Setting.Trait.SWITCH)) {
                decided.put(setting.receiver() + ".enabled", Boolean.toString(given.isSet(setting)));
            }
            if (setting.form().equals(ADDRESS)) {
                given.find(setting).ifPresent(address -> decided.put(setting.name(), address.toString()));
            }
        });
        if (!given.isSet(MAIL_STARTTLS_REQUIRED)) {
            decided.put(MAIL_STARTTLS_REQUIRED.name(), Boolean.toString(sendsPassword(given)));
        }
        return given.with(decided);
    }

    /** Returns the fault of a receiver that is switched on: the first setting that it needs and that is not set. */
    static Optional<String> missing(Settings given, Setting<?> switchedOnBy) {
        return settings()
                .filter(setting -> setting.is(Setting.Trait.NEEDED))
                .filter(setting -> setting.receiver().equals(switchedOnBy.receiver()))
                .filter(setting -> !given.isSet(setting))
                .findFirst()
                .map(setting -> switchedOnBy.name() + " is not enough: "
                        + NotSet.of(setting).getMessage());
    }

    /** Returns whether the password would cross a connection that is not encrypted from its first byte. */
    private static boolean sendsPassword(Settings given) {
        return given.isSet(MAIL_USER)
                && !given.find(MAIL_TLS).filter("true"::equalsIgnoreCase).isPresent();
    }

    private static Stream<Setting<?>> settings() {
        return Stream.of(ReceiverConfig.SECTION, WatcherConfig.SECTION).flatMap(section -> section.settings().stream());
    }
}
