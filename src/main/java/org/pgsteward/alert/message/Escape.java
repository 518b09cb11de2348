package org.pgsteward.alert.message;

import java.util.regex.Pattern;

/** How a service is kept from taking what came from outside for markup: names, reasons and servers' messages are data. */
enum Escape {
    /** For what is shown as it is: a subject, a push message, a plain mail. */
    PLAIN,

    /** HTML in a mail. */
    HTML,

    /**
     * Telegram's HTML parse mode: the two angle brackets and the ampersand become entities
     * (core.telegram.org/bots/api, "HTML style").
     */
    TELEGRAM,

    /**
     * Slack's mrkdwn: the same three become entities, which takes links and calls such as {@code <!channel>} away
     * (docs.slack.dev, "Formatting message text", Escaping text). Mattermost and Rocket.Chat also call people by a bare
     * {@code @channel}; an invisible character keeps it from being one.
     */
    SLACK,

    /**
     * Discord's Markdown, by backslashes; mentions are switched off in the message itself (discord.com/developers/docs,
     * "Message formatting" and "Allowed mentions").
     */
    DISCORD;

    /** Between two characters it keeps them from being one sign, and cannot be seen: WORD JOINER. */
    private static final String JOINER = "\u2060";

    private static final Pattern CALLS = Pattern.compile("@(?=(?:channel|here|all|everyone)\\b)");
    private static final Pattern MARKDOWN = Pattern.compile("[\\\\*_~`|<>#\\[\\]()@-]");

    /** For running text. */
    String prose(String text) {
        return switch (this) {
            case PLAIN -> text;
            case HTML -> angles(text).replace("\"", "&quot;").replace("'", "&#39;");
            case TELEGRAM -> angles(text);
            case SLACK -> CALLS.matcher(angles(text)).replaceAll("@" + JOINER);
            case DISCORD -> MARKDOWN.matcher(text).replaceAll("\\\\$0");
        };
    }

    /** For what stands in the service's code block, where commands can be copied from as they are. */
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

    /** Three backticks would end the block. */
    private static String fenced(String text) {
        return text.replace("```", "`" + JOINER + "`" + JOINER + "`");
    }
}
