package org.pgsteward.alert.message;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Shortening of texts, with a mark at the cut. */
final class Cut {
    /** End of a shortened text. */
    static final String MARK = "… (cut)";

    /**
     * Last line of shortened commands. A command line is kept whole or left out: half of one could do something else.
     */
    static final String NO_MORE_COMMANDS = "# … (cut)";

    private Cut() {}

    /** Shortens a text to {@code most} UTF-16 units, including the mark, without splitting a character. */
    static String units(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Math.max(0, most - MARK.length());
        if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        String cut = text.substring(0, end).stripTrailing() + MARK;
        return cut.length() <= most ? cut : cut.substring(0, most);
    }

    /**
     * Returns the first whole lines that fit into {@code most} UTF-16 units, together with the line that marks the cut.
     */
    static String lines(String commands, int most) {
        if (commands.length() <= most) {
            return commands;
        }
        List<String> kept = new ArrayList<>();
        int left = most - NO_MORE_COMMANDS.length();
        for (String line : commands.lines().toList()) {
            left -= line.length() + 1;
            if (left < 0) {
                break;
            }
            kept.add(line);
        }
        kept.add(NO_MORE_COMMANDS);
        return String.join("\n", kept);
    }

    /** Returns the size of a text in bytes of UTF-8, for services that count bytes. */
    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
