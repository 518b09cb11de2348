package org.pgsteward.app;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.pgsteward.alert.Fallbacks;
import org.pgsteward.alert.message.WebhookSignature;
import org.pgsteward.config.Settings;

/** A receiver is switched on by saying where it sends; what is said of it must fit, or nothing starts. */
final class ReceiverSettings {
    /** What switches a route on, and by which setting. */
    private static final Map<String, String> SWITCHES = Map.ofEntries(
            Map.entry("pgsteward.mail", "to"),
            Map.entry("pgsteward.webhook", "url"),
            Map.entry("pgsteward.mailbox", "dir"),
            Map.entry("pgsteward.ntfy", "topic"),
            Map.entry("pgsteward.gotify", "url"),
            Map.entry("pgsteward.slack", "url"),
            Map.entry("pgsteward.discord", "url"),
            Map.entry("pgsteward.telegram", "token"),
            Map.entry("pgsteward.alertmanager", "url"),
            Map.entry("pgsteward.heartbeat", "url"),
            Map.entry("pgsteward.backup.ping", "url"));

    private static final Map<String, String> NEED_TOO =
            Map.of("pgsteward.gotify", "token", "pgsteward.telegram", "chat");

    private ReceiverSettings() {}

    /**
     * The settings with {@code enabled} for each receiver, and addresses without a slash at their end.
     *
     * @throws IllegalArgumentException when something is missing or no address, by its name; a value may be secret
     */
    static Settings with(Settings given) {
        faults(given).values().stream().findFirst().ifPresent(fault -> {
            throw new IllegalArgumentException(fault);
        });
        Map<String, String> decided = new LinkedHashMap<>();
        SWITCHES.forEach((receiver, key) -> {
            decided.put(receiver + ".enabled", Boolean.toString(on(given, receiver)));
            String url = receiver + ".url";
            given.get(url).ifPresent(address -> decided.put(url, address(url, address)));
        });
        String required = "pgsteward.mail.starttls.required";
        if (given.get(required).isEmpty()) {
            decided.put(required, Boolean.toString(sendsPassword(given)));
        }
        return given.with(decided);
    }

    /** Whether a password goes over a connection that is not encrypted from its first byte. */
    private static boolean sendsPassword(Settings given) {
        return given.get("pgsteward.mail.user").isPresent()
                && !given.get("pgsteward.mail.tls")
                        .filter("true"::equalsIgnoreCase)
                        .isPresent();
    }

    /** What is missing or does not fit, by key. */
    static Map<String, String> faults(Settings given) {
        Map<String, String> faults = new TreeMap<>();
        SWITCHES.keySet().forEach(receiver -> {
            if (on(given, receiver) && NEED_TOO.containsKey(receiver)) {
                String missing = receiver + "." + NEED_TOO.get(receiver);
                if (given.get(missing).isEmpty()) {
                    String key = receiver + "." + SWITCHES.get(receiver);
                    faults.put(
                            key,
                            key + " is not enough: " + Settings.missing(missing).getMessage());
                }
            }
            String url = receiver + ".url";
            given.get(url).ifPresent(address -> note(faults, url, key -> address(key, address)));
        });
        String secret = "pgsteward.webhook.secret";
        given.get(secret).ifPresent(value -> note(faults, secret, key -> new WebhookSignature(value)));
        return faults;
    }

    private static boolean on(Settings given, String receiver) {
        return given.get(receiver + "." + SWITCHES.get(receiver)).isPresent();
    }

    private static void note(Map<String, String> faults, String key, Consumer<String> read) {
        try {
            read.accept(key);
        } catch (IllegalArgumentException e) {
            faults.put(key, String.valueOf(e.getMessage()));
        }
    }

    /** Who is told only when others could not be, in their order, and after how long. */
    static Fallbacks fallbacks(Settings settings) {
        List<String> order = settings.get("pgsteward.alerts.fallback").stream()
                .flatMap(list -> Stream.of(list.split(",")))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
        return new Fallbacks(order, settings.duration("pgsteward.alerts.failing.after"));
    }

    private static String address(String key, String value) {
        String address = value.strip();
        try {
            URI uri = new URI(address);
            if (uri.getHost() != null
                    && ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))) {
                return uri.getRawQuery() == null ? address.replaceFirst("/+$", "") : address;
            }
        } catch (URISyntaxException unreadable) {
            throw noAddress(key);
        }
        throw noAddress(key);
    }

    private static IllegalArgumentException noAddress(String key) {
        return new IllegalArgumentException(
                key + " is no address of the form https://host/path; its value is not shown, since it may be a secret");
    }
}
