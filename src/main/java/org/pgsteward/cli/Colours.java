package org.pgsteward.cli;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Severity;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.ColorScheme;

/**
 * Colours of picocli, by meaning. They only repeat the meaning of the words. {@link Ansi#AUTO} is not used: it colours
 * the output for {@code TERM=dumb}, and uses no colour if standard input is not a terminal.
 */
record Colours(ColorScheme scheme) {
    /**
     * Scheme without codes. Any other scheme adds a reset code even to plain text, which would end the colour of the
     * surrounding line.
     */
    private static final ColorScheme PLAIN = Help.defaultColorScheme(Ansi.OFF);

    static Colours ofStandardOutput() {
        return of(Terminal.readsOutput(), System.getenv());
    }

    /** @param environment of this process: {@code NO_COLOR} (no-color.org) and {@code TERM=dumb} mean no colour */
    static Colours of(boolean terminal, Map<String, String> environment) {
        boolean wanted = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(environment.getOrDefault("TERM", ""));
        return new Colours(Help.defaultColorScheme(Ansi.valueOf(terminal && wanted)));
    }

    Text plain(String text) {
        return PLAIN.apply(text, List.of());
    }

    Text fine(String text) {
        return scheme.apply(text, List.of(Style.fg_green));
    }

    Text warning(String text) {
        return scheme.apply(text, List.of(Style.fg_yellow));
    }

    Text critical(String text) {
        return scheme.apply(text, List.of(Style.fg_red));
    }

    Text bold(Object text) {
        return scheme.apply(text.toString(), List.of(Style.bold));
    }

    /** Returns secondary text. */
    Text faint(String text) {
        return scheme.apply(text, List.of(Style.faint));
    }

    /** Returns the text in the colour of a severity. Information has no colour. */
    Text of(Severity severity, String text) {
        return switch (severity) {
            case INFO -> plain(text);
            case WARNING -> warning(text);
            case CRITICAL -> critical(text);
        };
    }

    /** @param state state of a backup */
    Text state(String state) {
        return switch (state) {
            case "verified" -> fine(state);
            case "failed" -> critical(state);
            case "unverifiable", "none" -> warning(state);
            default -> plain(state);
        };
    }
}
