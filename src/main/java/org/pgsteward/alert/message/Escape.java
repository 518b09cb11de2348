package org.pgsteward.alert.message;

import java.util.regex.Pattern;

/**
 * Escaping rules that keep a service from interpreting external text as markup: names, reasons and server messages are
 * data.
 */
enum Escape {
    /** No escaping, for a subject, a push message or a plain mail. */
    PLAIN,

    /** HTML in a mail. */
    HTML,

    /**
     * Telegram's HTML parse mode: the two angle brackets and the ampersand become entities (core.telegram.org/bots/api,
     * "HTML style").
     */
    TELEGRAM,

    /**
     * Slack's mrkdwn: angle brackets and ampersand become entities. This disables links and mentions such as {@code
     * <!channel>} (docs.slack.dev, "Formatting message text", Escaping text). Mattermost and Rocket.Chat also mention
     * people by a bare {@code @channel}; an invisible character prevents that.
     */
    SLACK,

    /**
     * Discord's Markdown, escaped with backslashes. The message itself switches mentions off
     * (discord.com/developers/docs, "Message formatting" and "Allowed mentions").
     */
    DISCORD;

    /** WORD JOINER, an invisible character that separates two characters with a joint meaning. */
    private static final String JOINER = "\u2060";

    private static final Pattern CALLS = Pattern.compile("@(?=(?:channel|here|all|everyone)\\b)");
    private static final Pattern MARKDOWN = Pattern.compile("[\\\\*_~`|<>#\\[\\]()@-]");

    /** Escapes running text. */
    String prose(String text) {
        return switch (this) {
            case PLAIN -> text;
            case HTML -> angles(text).replace("\"", "&quot;").replace("'", "&#39;");
            case TELEGRAM -> angles(text);
            case SLACK -> CALLS.matcher(angles(text)).replaceAll("@" + JOINER);
            case DISCORD -> MARKDOWN.matcher(text).replaceAll("\\\\$0");
        };
    }

    /** Escapes text for the service's code block, from which commands can be copied unchanged. */
    String code(String text) {
        return switch (this) {
            case PLAIN -> text;
            case HTML, TELEGRAM -> prose(text);
            case SLACK -> fenced(prose(text));
            case DISCORD -> fenced(text);
        };
    }

    private static String angles(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** Breaks up three backticks, which would end the code block. */
    private static String fenced(String text) {
        return text.replace("```", "`" + JOINER + "`" + JOINER + "`");
    }
}
