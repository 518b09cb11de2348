package org.pgsteward;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pgsteward.alert.message.WebhookSignature;

/** A receiver is switched on by saying where it sends; what is said of it must fit, or nothing starts. */
final class ReceiverSettings {
    /** What switches a route on, and by which setting. */
    private static final Map<String, String> SWITCHES = Map.of(
            "pgsteward.mail", "to",
            "pgsteward.webhook", "url",
            "pgsteward.mailbox", "dir",
            "pgsteward.ntfy", "topic",
            "pgsteward.gotify", "url",
            "pgsteward.slack", "url",
            "pgsteward.discord", "url",
            "pgsteward.telegram", "token",
            "pgsteward.alertmanager", "url",
            "pgsteward.backup.ping", "url");

    private static final Map<String, String> NEED_TOO =
            Map.of("pgsteward.gotify", "token", "pgsteward.telegram", "chat");

    private ReceiverSettings() {}

    /**
     * The settings with {@code enabled} for each receiver, and addresses without a slash at their end.
     *
     * @throws IllegalArgumentException when something is missing or no address, by its name; a value may be secret
     */
    static Settings with(Settings given) {
        Map<String, String> decided = new LinkedHashMap<>();
        SWITCHES.forEach((receiver, key) -> {
            boolean on = given.get(receiver + "." + key).isPresent();
            decided.put(receiver + ".enabled", Boolean.toString(on));
            if (on && NEED_TOO.containsKey(receiver)) {
                given.require(receiver + "." + NEED_TOO.get(receiver));
            }
            String url = receiver + ".url";
            given.get(url).ifPresent(address -> decided.put(url, address(url, address)));
        });
        given.get("pgsteward.webhook.secret").ifPresent(WebhookSignature::new);
        return given.with(decided);
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
