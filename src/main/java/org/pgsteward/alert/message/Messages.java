package org.pgsteward.alert.message;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.Alert;
import org.pgsteward.model.Notification;

/**
 * Messages for the routes under {@code routes/receivers/}: a notification in the format of each service. A limit is in
 * the service's own unit. If a service does not document how it counts characters, UTF-16 units are counted: they are
 * never fewer than the service's count.
 */
public final class Messages {
    private static final int TITLE = 250;
    private static final int MAIL = 100_000;

    private final MessageText words;
    private final ObjectMapper json;
    private final AlertmanagerAlerts alertmanager;
    private final Clock clock;

    /**
     * @param templates folder with the operator's own templates; need not exist
     * @param zone time zone of the times in messages
     */
    public Messages(Path templates, ObjectMapper json, ZoneId zone, Clock clock) {
        this.words = new MessageText(new Templates(templates), zone);
        this.json = json;
        this.alertmanager = new AlertmanagerAlerts(clock);
        this.clock = clock;
    }

    /** Returns the title in one line, for a mail's subject. */
    public String title(Notification notice) {
        return title(notice, TITLE);
    }

    /** Returns the plain part of a mail. */
    public String mail(Notification notice) {
        return words.of("email-text", Escape.PLAIN, notice, MAIL);
    }

    /** Returns the HTML part of a mail, complete and without resources that a mail reader would have to fetch. */
    public String mailHtml(Notification notice) {
        return words.of("email-html", Escape.HTML, notice, MAIL);
    }

    /**
     * Returns a message for ntfy's "publish as JSON" (docs.ntfy.sh/publish). The text has at most 4,096 bytes; ntfy
     * turns a longer one into a file ("Limitations", message length).
     *
     * @param topic a secret: anyone with the topic can read its messages
     */
    public String ntfy(Notification notice, String topic) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("topic", topic);
        message.put("title", title(notice, TITLE));
        message.put("message", words.of("ntfy", Escape.PLAIN, notice, 4096, Cut::bytes));
        message.put("priority", Tone.of(notice).ntfy());
        message.put("tags", List.of(notice.state(), notice.severity(), notice.service()));
        return written(message);
    }

    /**
     * Returns a message for Gotify's {@code POST /message} (gotify.net/api-docs). Gotify documents no limit; the text
     * is kept to 10,000 UTF-16 units.
     */
    public String gotify(Notification notice) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("title", title(notice, TITLE));
        message.put("message", words.of("gotify", Escape.PLAIN, notice, 10_000));
        message.put("priority", Tone.of(notice).gotify());
        message.put("extras", Map.of("client::display", Map.of("contentType", "text/plain")));
        return written(message);
    }

    /**
     * Returns a message for an incoming webhook of Slack or a compatible service (Mattermost, Rocket.Chat, Zulip). It
     * has only the field {@code text}, which all of them know. Slack advises at most 4,000 characters (docs.slack.dev,
     * chat.postMessage, "Truncating content").
     */
    public String slack(Notification notice) {
        return written(Map.of("text", words.of("slack", Escape.SLACK, notice, 4000)));
    }

    /**
     * Returns a message for Discord's "Execute Webhook": one embed with at most 256 characters of title and 4,096 of
     * description (discord.com/developers/docs, "Embed limits"). Mentions in its text have no effect.
     */
    public String discord(Notification notice) {
        Map<String, Object> embed = new LinkedHashMap<>();
        embed.put("title", discordTitle(notice));
        embed.put("description", words.of("discord", Escape.DISCORD, notice, 4096));
        embed.put("color", Tone.of(notice).colour());
        embed.put("timestamp", notice.since().toString());
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("embeds", List.of(embed));
        message.put("allowed_mentions", Map.of("parse", List.of()));
        return written(message);
    }

    /**
     * Returns a message for Telegram's {@code sendMessage} in HTML. Telegram allows 4,096 characters without tags
     * (core.telegram.org/bots/api#sendmessage); the tags are counted here too. Informational messages make no sound.
     *
     * @param chat number of the chat, or {@code @name} of a channel
     */
    public String telegram(Notification notice, String chat) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("chat_id", chat);
        message.put("text", words.of("telegram", Escape.TELEGRAM, notice, 4096));
        message.put("parse_mode", "HTML");
        message.put("link_preview_options", Map.of("is_disabled", true));
        message.put("disable_notification", Tone.of(notice) == Tone.INFO);
        return written(message);
    }

    /** Returns a message for Alertmanager's {@code POST /api/v2/alerts}; see {@link AlertmanagerAlerts}. */
    public String alertmanager(Notification notice) {
        return written(alertmanager.of(notice));
    }

    /** Returns a message with all firing alerts, which has to be sent repeatedly; see {@link AlertmanagerAlerts}. */
    public String alertmanagerFiring(List<Alert> firing) {
        return written(alertmanager.again(firing));
    }

    /**
     * Returns {@link #alertmanagerFiring}; empty if no alert fires. Kept for edited route files of version 0.1 or
     * earlier.
     */
    public Optional<String> alertmanagerAgain(List<Alert> firing) {
        return firing.isEmpty() ? Optional.empty() : Optional.of(alertmanagerFiring(firing));
    }

    /** Returns the value of the header {@code Authorization}; null, and so no header, without a token. */
    public @Nullable String bearer(@Nullable String token) {
        return token == null || token.isBlank() ? null : "Bearer " + token;
    }

    /** Returns the current time in seconds since 1970, for {@link #signature}. */
    public String timestamp() {
        return Long.toString(clock.instant().getEpochSecond());
    }

    /** Returns a {@link WebhookSignature}; null, and so no header, without a secret. */
    public @Nullable String signature(String id, String timestamp, String body, @Nullable String secret) {
        return secret == null || secret.isBlank() ? null : new WebhookSignature(secret).of(id, timestamp, body);
    }

    /** Returns the escaped title. Escaping may double its length. */
    private String discordTitle(Notification notice) {
        String title = Escape.DISCORD.prose(title(notice, 256));
        return title.length() <= 256 ? title : Escape.DISCORD.prose(Cut.units(title(notice, 256), 128));
    }

    private String title(Notification notice, int most) {
        return words.of("title", Escape.PLAIN, notice, most).replaceAll("\\R", " ");
    }

    private String written(Object message) {
        try {
            return json.writeValueAsString(message);
        } catch (JsonProcessingException impossible) {
            throw new IllegalArgumentException("cannot write a message as JSON", impossible);
        }
    }
}
