package org.pgsteward.config;

import static org.pgsteward.config.ReceiverConfig.ADDRESS;
import static org.pgsteward.config.ReceiverConfig.MAIL_STARTTLS_REQUIRED;
import static org.pgsteward.config.ReceiverConfig.MAIL_TLS;
import static org.pgsteward.config.ReceiverConfig.MAIL_USER;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Settings for the route files of receivers and of targets of copies, derived from the operator's settings. */
public final class ReceiverSettings {
    private static final String PREFIX = "pgsteward.";

    private static final List<Section> SECTIONS =
            List.of(ReceiverConfig.SECTION, WatcherConfig.SECTION, CopyConfig.SECTION);

    private ReceiverSettings() {}

    /**
     * Returns the settings with {@code enabled} for each receiver and target, and addresses without a slash at their end.
     *
     * @throws IllegalArgumentException with the name of a setting that is missing or malformed; the value may be secret
     */
    public static Settings with(Settings given) {
        SettingFaults.of(given, SECTIONS.stream()).values().stream().findFirst().ifPresent(fault -> {
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
        CopyConfig.ownTargets(given).forEach(switchedOn -> decided.put(switchedOn, "true"));
        if (!given.isSet(MAIL_STARTTLS_REQUIRED)) {
            decided.put(MAIL_STARTTLS_REQUIRED.name(), Boolean.toString(sendsPassword(given)));
        }
        return given.with(decided);
    }

    /** Returns the variable that switches on each shipped receiver, by its name, such as {@code email}. */
    public static SortedMap<String, String> switches(Settings given) {
        SortedMap<String, String> switches = new TreeMap<>();
        ReceiverConfig.SECTION.settings().stream()
                .filter(setting -> setting.is(Setting.Trait.SWITCH))
                .forEach(setting -> switches.put(
                        name(setting.receiver()),
                        given.isSet(setting) || !setting.is(Setting.Trait.SECRET)
                                ? given.variable(setting.name())
                                : setting.variable() + "_FILE"));
        return switches;
    }

    /** Returns the variables that are set for a receiver, also for one in an operator's own route. */
    public static List<String> variables(Settings given, String receiver) {
        return given.given().keySet().stream()
                .filter(key -> key.startsWith(PREFIX) && key.indexOf('.', PREFIX.length()) > 0)
                .filter(key -> name(key.substring(0, key.indexOf('.', PREFIX.length())))
                        .equals(receiver))
                .map(given::variable)
                .sorted()
                .toList();
    }

    /** Returns the name of the receiver whose settings begin with {@code prefix}, such as {@code pgsteward.mail}. */
    private static String name(String prefix) {
        return prefix.equals(MAIL_USER.receiver()) ? "email" : prefix.substring(PREFIX.length());
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
        return SECTIONS.stream().flatMap(section -> section.settings().stream());
    }
}
