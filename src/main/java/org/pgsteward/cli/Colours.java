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
 * Colours of picocli, by meaning. They repeat what the words say. {@link Ansi#AUTO} is not used: it colours the output of
 * {@code TERM=dumb}, and none at all while standard input is no terminal.
 */
record Colours(ColorScheme scheme) {
    /** Another scheme ends also a text without a colour by a code, which would end the colour of the line around it. */
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

    /** Secondary text. */
    Text faint(String text) {
        return scheme.apply(text, List.of(Style.faint));
    }

    /** Information has no colour. */
    Text of(Severity severity, String text) {
        return switch (severity) {
            case INFO -> plain(text);
            case WARNING -> warning(text);
            case CRITICAL -> critical(text);
        };
    }

    /** @param state of a backup */
    Text state(String state) {
        return switch (state) {
            case "verified" -> fine(state);
            case "failed" -> critical(state);
            case "unverifiable", "none" -> warning(state);
            default -> plain(state);
        };
    }
}
