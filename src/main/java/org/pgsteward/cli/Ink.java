package org.pgsteward.cli;

import java.util.Map;
import java.util.regex.Pattern;
import org.pgsteward.model.Severity;

/**
 * Colour, on a terminal only, and not where {@code NO_COLOR} (no-color.org) or {@code TERM=dumb} says so. It only underlines
 * what the words say as well.
 */
final class Ink {
    private static final Pattern CODES = Pattern.compile("\u001b\\[[0-9;]*m");

    private final boolean colourful;

    private Ink(boolean colourful) {
        this.colourful = colourful;
    }

    static Ink ofStandardOutput() {
        return of(Terminal.readsOutput(), System.getenv());
    }

    /** @param environment of this process */
    static Ink of(boolean terminal, Map<String, String> environment) {
        boolean wanted = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(environment.getOrDefault("TERM", ""));
        return new Ink(terminal && wanted);
    }

    String fine(String text) {
        return written("32", text);
    }

    String warning(String text) {
        return written("33", text);
    }

    String critical(String text) {
        return written("31", text);
    }

    String bold(String text) {
        return written("1", text);
    }

    /** What matters less. */
    String soft(String text) {
        return written("2", text);
    }

    /** In the colour of what is as bad as that; information has none. */
    String of(Severity severity, String text) {
        return switch (severity) {
            case INFO -> text;
            case WARNING -> warning(text);
            case CRITICAL -> critical(text);
        };
    }

    /** A backup's state: proved is fine, failed is not. */
    String state(String state) {
        return switch (state) {
            case "verified" -> fine(state);
            case "failed" -> critical(state);
            case "unverifiable", "none" -> warning(state);
            default -> state;
        };
    }

    /** Characters that {@code text} takes on the screen. */
    static int width(String text) {
        String plain = CODES.matcher(text).replaceAll("");
        return plain.codePointCount(0, plain.length());
    }

    private String written(String code, String text) {
        return colourful && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
