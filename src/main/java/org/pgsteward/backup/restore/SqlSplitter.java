package org.pgsteward.backup.restore;

import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Splits a script into its statements while it arrives. Pure.
 *
 * <p>Of a statement longer than the limit, only the beginning and the length are kept. The statements after it are read
 * as usual, so that an oversized setting loses that setting alone.
 */
final class SqlSplitter {
    /** The limit of a statement that is kept completely, in characters. */
    static final int LONGEST = 128 * 1024;

    /** The kept beginning of a longer statement, in characters: enough for its kind and its role. */
    private static final int BEGINNING = 300;

    /** The limit of a tag in characters; PostgreSQL's names have 63 bytes. */
    private static final int LONGEST_TAG = 64;

    private static final Pattern RESTRICTION = Pattern.compile("\\\\(?:un)?restrict [A-Za-z0-9]+\\s*");

    private enum At {
        OUTSIDE,
        /** After one hyphen, which may begin a comment. */
        HYPHEN,
        COMMENT,
        /** In a line for psql itself. */
        COMMAND,
        QUOTED,
        /** After a backslash that escapes the next character. */
        HIDING,
        /** After a quote that ends a text, or that is the first of two. */
        CLOSED,
        /** Between a text and the next character that is not a space. */
        AFTER_TEXT,
        /** After a dollar, which may begin the tag of a text. */
        TAG,
        /** In a text between two equal tags. */
        DOLLARS,
        STOPPED
    }

    private final Consumer<SqlScript.Statement> statements;
    private final StringBuilder kept = new StringBuilder();
    private long length;
    private char last;
    private char beforeLast;
    private boolean fresh = true;
    private boolean plain = true;
    private At at = At.OUTSIDE;
    private char quote;
    private boolean escaping;
    private final StringBuilder tag = new StringBuilder();
    private int matched;
    private String unread = "";

    SqlSplitter(Consumer<SqlScript.Statement> statements) {
        this.statements = statements;
    }

    void accept(char c) {
        switch (at) {
            case OUTSIDE -> outside(c);
            case HYPHEN -> {
                at = At.OUTSIDE;
                if (c == '-') {
                    at = At.COMMENT;
                } else {
                    other('-');
                    outside(c);
                }
            }
            case COMMENT -> {
                if (isLineEnd(c)) {
                    at = At.OUTSIDE;
                    outside(c);
                }
            }
            case COMMAND -> {
                if (isLineEnd(c)) {
                    command();
                    outside(c);
                } else {
                    append(c);
                }
            }
            case QUOTED -> {
                append(c);
                if (escaping && quote == '\'' && c == '\\') {
                    at = At.HIDING;
                } else if (c == quote) {
                    at = At.CLOSED;
                }
            }
            case HIDING -> {
                append(c);
                at = At.QUOTED;
            }
            case CLOSED -> {
                if (c == quote) {
                    append(c);
                    at = At.QUOTED;
                } else {
                    at = quote == '\'' ? At.AFTER_TEXT : At.OUTSIDE;
                    accept(c);
                }
            }
            case AFTER_TEXT -> {
                if (c == '\'') {
                    // The first part of a text decides how the second one is quoted.
                    stop("a literal in two parts");
                } else if (Character.isWhitespace(c)) {
                    other(c);
                } else {
                    at = At.OUTSIDE;
                    outside(c);
                }
            }
            case TAG -> {
                if (c == '$') {
                    append(c);
                    tag.append(c);
                    matched = 0;
                    at = At.DOLLARS;
                } else if (isOfAName(c) && (tag.length() > 1 || !Character.isDigit(c)) && tag.length() < LONGEST_TAG) {
                    append(c);
                    tag.append(c);
                } else {
                    at = At.OUTSIDE;
                    outside(c);
                }
            }
            case DOLLARS -> {
                append(c);
                // A tag contains a dollar only at its two ends.
                matched = c == tag.charAt(matched) ? matched + 1 : c == '$' ? 1 : 0;
                if (matched == tag.length()) {
                    at = At.OUTSIDE;
                }
            }
            case STOPPED -> {
                return;
            }
        }
    }

    /** @return the reason why reading stopped before the end; empty after a complete reading */
    String end() {
        switch (at) {
            case COMMAND -> command();
            case QUOTED, HIDING, DOLLARS -> stop("an unterminated literal");
            case HYPHEN -> fresh = false;
            default -> {
                // No text or command is open.
            }
        }
        if (at != At.STOPPED && !fresh) {
            stop("an unterminated statement");
        }
        return unread;
    }

    private void outside(char c) {
        if (c == '-') {
            at = At.HYPHEN;
        } else if (c == '\\' && fresh) {
            clear();
            append(c);
            at = At.COMMAND;
        } else if (c == '\'' || c == '"') {
            quote = c;
            escaping = length > 0 && Character.toUpperCase(last) == 'E' && (length == 1 || !isOfAName(beforeLast));
            append(c);
            fresh = false;
            at = At.QUOTED;
        } else if (c == '$' && (length == 0 || !isOfAName(last))) {
            other(c);
            tag.setLength(0);
            tag.append(c);
            at = At.TAG;
        } else if (c == ';') {
            statements.accept(new SqlScript.Statement(kept.toString().strip(), plain, length));
            clear();
        } else {
            other(c);
        }
    }

    private void other(char c) {
        plain &= "\\:$()/".indexOf(c) < 0 && (c >= ' ' || Character.isWhitespace(c));
        fresh &= Character.isWhitespace(c);
        append(c);
    }

    private void append(char c) {
        beforeLast = last;
        last = c;
        length++;
        if (length <= LONGEST) {
            kept.append(c);
        } else if (kept.length() > BEGINNING) {
            kept.setLength(BEGINNING);
            kept.trimToSize();
        }
    }

    private void command() {
        String line = kept.toString();
        if (!RESTRICTION.matcher(line).matches()) {
            statements.accept(new SqlScript.Statement(line, false, length));
        }
        clear();
        at = At.OUTSIDE;
    }

    private void clear() {
        kept.setLength(0);
        length = 0;
        fresh = true;
        plain = true;
    }

    private void stop(String why) {
        unread = why;
        at = At.STOPPED;
    }

    private static boolean isLineEnd(char c) {
        return c == '\r' || c == '\n';
    }

    private static boolean isOfAName(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c >= 128;
    }
}
