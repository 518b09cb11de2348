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
import org.pgsteward.model.Notice;

/**
 * What the routes under {@code routes/receivers/} ask for: a notice as the service wants it. A limit is given in the
 * service's own measure; where a service does not say how it counts characters, UTF-16 units are counted, which are never
 * fewer than what it counts.
 */
public final class Messages {
    private static final int TITLE = 250;
    private static final int MAIL = 100_000;

    private final Words words;
    private final ObjectMapper json;
    private final AlertmanagerAlerts alertmanager;
    private final Clock clock;

    /**
     * @param templates folder with an operator's own templates; need not be there
     * @param zone in which people read times
     */
    public Messages(Path templates, ObjectMapper json, ZoneId zone, Clock clock) {
        this.words = new Words(new Templates(templates), zone);
        this.json = json;
        this.alertmanager = new AlertmanagerAlerts(clock);
        this.clock = clock;
    }

    /** One line: a mail's subject. */
    public String title(Notice notice) {
        return title(notice, TITLE);
    }

    /** The plain part of a mail. */
    public String mail(Notice notice) {
        return words.of("email-text", Escape.PLAIN, notice, MAIL);
    }

    /** The HTML part of a mail, whole and without anything that a mail reader would have to fetch. */
    public String mailHtml(Notice notice) {
        return words.of("email-html", Escape.HTML, notice, MAIL);
    }

    /**
     * For ntfy's "publish as JSON" (docs.ntfy.sh/publish): at most 4,096 bytes of message, or ntfy makes a file of it
     * ("Limitations", message length).
     *
     * @param topic whoever knows it reads along, so it is a secret
     */
    public String ntfy(Notice notice, String topic) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("topic", topic);
        message.put("title", title(notice, TITLE));
        message.put("message", words.of("ntfy", Escape.PLAIN, notice, 4096, Cut::bytes));
        message.put("priority", Tone.of(notice).ntfy());
        message.put("tags", List.of(notice.state(), notice.severity(), notice.service()));
        return written(message);
    }

    /** For Gotify's {@code POST /message} (gotify.net/api-docs). It documents no limit; a push is kept to 10,000 units. */
    public String gotify(Notice notice) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("title", title(notice, TITLE));
        message.put("message", words.of("gotify", Escape.PLAIN, notice, 10_000));
        message.put("priority", Tone.of(notice).gotify());
        message.put("extras", Map.of("client::display", Map.of("contentType", "text/plain")));
        return written(message);
    }

    /**
     * For an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Zulip): {@code text} alone,
     * which all of them know. Slack advises at most 4,000 characters (docs.slack.dev, chat.postMessage, "Truncating
     * content").
     */
    public String slack(Notice notice) {
        return written(Map.of("text", words.of("slack", Escape.SLACK, notice, 4000)));
    }

    /**
     * For Discord's "Execute Webhook": one embed with at most 256 characters of title and 4,096 of description
     * (discord.com/developers/docs, "Embed limits"), and nobody is mentioned whatever stands in it.
     */
    public String discord(Notice notice) {
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
     * For Telegram's {@code sendMessage}: HTML, at most 4,096 characters after its tags are taken out
     * (core.telegram.org/bots/api#sendmessage); they are counted here with their tags. Information makes no sound.
     *
     * @param chat its number, or {@code @name} of a channel
     */
    public String telegram(Notice notice, String chat) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("chat_id", chat);
        message.put("text", words.of("telegram", Escape.TELEGRAM, notice, 4096));
        message.put("parse_mode", "HTML");
        message.put("link_preview_options", Map.of("is_disabled", true));
        message.put("disable_notification", Tone.of(notice) == Tone.INFO);
        return written(message);
    }

    /** For Alertmanager's {@code POST /api/v2/alerts}; see {@link AlertmanagerAlerts}. */
    public String alertmanager(Notice notice) {
        return written(alertmanager.of(notice));
    }

    /** The same for all that is firing, to be said again and again. */
    public String alertmanagerFiring(List<Alert> firing) {
        return written(alertmanager.again(firing));
    }

    /** The same, empty when nothing is: an edited route file of version 0.1 or before has it. */
    public Optional<String> alertmanagerAgain(List<Alert> firing) {
        return firing.isEmpty() ? Optional.empty() : Optional.of(alertmanagerFiring(firing));
    }

    /** The value of a header {@code Authorization}; null, and so no header, where there is no token. */
    public @Nullable String bearer(@Nullable String token) {
        return token == null || token.isBlank() ? null : "Bearer " + token;
    }

    /** Seconds since 1970, as {@link #signature} wants them. */
    public String timestamp() {
        return Long.toString(clock.instant().getEpochSecond());
    }

    /** See {@link WebhookSignature}; null, and so no header, where there is no secret. */
    public @Nullable String signature(String id, String timestamp, String body, @Nullable String secret) {
        return secret == null || secret.isBlank() ? null : new WebhookSignature(secret).of(id, timestamp, body);
    }

    /** Escaping makes it at most twice as long. */
    private String discordTitle(Notice notice) {
        String title = Escape.DISCORD.prose(title(notice, 256));
        return title.length() <= 256 ? title : Escape.DISCORD.prose(Cut.units(title(notice, 256), 128));
    }

    private String title(Notice notice, int most) {
        return words.of("title", Escape.PLAIN, notice, most).replaceAll("\\R", " ");
    }

    private String written(Object message) {
        try {
            return json.writeValueAsString(message);
        } catch (JsonProcessingException impossible) {
            throw new IllegalArgumentException("a message cannot be written as JSON", impossible);
        }
    }
}
