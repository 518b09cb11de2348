package org.pgsteward.config;

import java.net.URI;
import java.net.URISyntaxException;
import org.pgsteward.alert.message.WebhookSignature;

/** The receivers of notifications. Their route files read the settings. */
final class ReceiverConfig {
    static final Section SECTION =
            new Section("Receivers", "A receiver is switched on if its setting marked \"On if set\" has a value.");

    /** An address, without a slash at its end. It may contain a token, so no message quotes it. */
    static final Form<String> ADDRESS = new Form<>("address", ReceiverConfig::address);

    private static final Form<String> SIGNATURE = new Form<>("text", (name, text) -> {
        new WebhookSignature(text);
        return text;
    });

    static final Setting<String> MAIL_TO =
            SECTION.inRoutes("pgsteward.mail.to", "Recipients of mail.", Setting.Trait.SWITCH);

    static {
        SECTION.inRoutes("pgsteward.mail.from", "Sender of mail.");
        SECTION.inRoutes("pgsteward.mail.host", "Mail server.");
        SECTION.inRoutes("pgsteward.mail.port", "Port of the mail server.");
    }

    static final Setting<String> MAIL_USER = SECTION.inRoutes("pgsteward.mail.user", "Login at the mail server.");

    static {
        SECTION.inRoutes("pgsteward.mail.password", "Password of that login.", Setting.Trait.SECRET);
        SECTION.inRoutes("pgsteward.mail.starttls", "Encrypts the connection if the server offers it.");
    }

    static final Setting<String> MAIL_STARTTLS_REQUIRED = SECTION.formerly(
            "pgsteward.mail.starttls-required",
            SECTION.inRoutes(
                    "pgsteward.mail.starttls.required",
                    "Refuses a server that does not offer encryption, before the server gets the password. Without a user, or with `PGSTEWARD_MAIL_TLS`, it is `false`."));

    static final Setting<String> MAIL_TLS =
            SECTION.inRoutes("pgsteward.mail.tls", "Encrypts the connection from its first byte, usually on port 465.");

    static {
        SECTION.inRoutes("pgsteward.mail.timeout", "Milliseconds to connect, and between two answers.");
        SECTION.inRoutes("pgsteward.ntfy.topic", "Topic of ntfy.", Setting.Trait.SECRET, Setting.Trait.SWITCH);
        SECTION.inRoutes("pgsteward.ntfy.url", ADDRESS, "Server of ntfy.");
        SECTION.inRoutes("pgsteward.ntfy.token", "Token for a server with a login.", Setting.Trait.SECRET);
        SECTION.inRoutes("pgsteward.ntfy.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes("pgsteward.gotify.url", ADDRESS, "Server of Gotify.", Setting.Trait.SWITCH);
        SECTION.inRoutes(
                "pgsteward.gotify.token", "Token of an application.", Setting.Trait.SECRET, Setting.Trait.NEEDED);
        SECTION.inRoutes("pgsteward.gotify.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes(
                "pgsteward.slack.url",
                ADDRESS,
                "Address of an incoming webhook of Slack, Mattermost or Rocket.Chat.",
                Setting.Trait.SECRET,
                Setting.Trait.SWITCH);
        SECTION.inRoutes("pgsteward.slack.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes(
                "pgsteward.discord.url",
                ADDRESS,
                "Address of a channel's webhook.",
                Setting.Trait.SECRET,
                Setting.Trait.SWITCH);
        SECTION.inRoutes("pgsteward.discord.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes("pgsteward.telegram.token", "Token of a bot.", Setting.Trait.SECRET, Setting.Trait.SWITCH);
        SECTION.inRoutes("pgsteward.telegram.chat", "Id of the chat that gets the messages.", Setting.Trait.NEEDED);
        SECTION.inRoutes("pgsteward.telegram.url", ADDRESS, "Server of Telegram.");
        SECTION.inRoutes("pgsteward.telegram.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes(
                "pgsteward.alertmanager.url",
                ADDRESS,
                "Alertmanager, such as `http://alertmanager:9093`.",
                Setting.Trait.SWITCH);
        SECTION.inRoutes("pgsteward.alertmanager.again", "Milliseconds after which firing alerts are sent again.");
        SECTION.inRoutes("pgsteward.alertmanager.timeout", "Milliseconds to connect, and to wait for an answer.");
        SECTION.inRoutes(
                "pgsteward.webhook.url",
                ADDRESS,
                "Address of your own program.",
                Setting.Trait.SECRET,
                Setting.Trait.SWITCH);
        SECTION.inRoutes(
                "pgsteward.webhook.secret", SIGNATURE, "Key that signs each notification.", Setting.Trait.SECRET);
        SECTION.inRoutes("pgsteward.webhook.timeout", "Milliseconds to wait for an answer.");
        SECTION.formerly(
                "pgsteward.webhook.connect-timeout",
                SECTION.inRoutes("pgsteward.webhook.connect.timeout", "Milliseconds to connect."));
        SECTION.inRoutes(
                "pgsteward.mailbox.dir", "Folder that gets each notification as a file.", Setting.Trait.SWITCH);
    }

    private ReceiverConfig() {}

    private static String address(String name, String text) {
        String address = text.strip();
        try {
            URI uri = new URI(address);
            if (uri.getHost() != null
                    && ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))) {
                return uri.getRawQuery() == null ? address.replaceFirst("/+$", "") : address;
            }
        } catch (URISyntaxException unreadable) {
            throw noAddress(name);
        }
        throw noAddress(name);
    }

    private static IllegalArgumentException noAddress(String name) {
        return new IllegalArgumentException(
                name
                        + " is not an address of the form https://host/path; its value is not shown, because it may be a secret");
    }
}
