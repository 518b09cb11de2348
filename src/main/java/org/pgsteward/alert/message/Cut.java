package org.pgsteward.alert.message;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes a text shorter and says so in it. */
final class Cut {
    /** Ends what was cut. */
    static final String MARK = "… (cut)";

    /** A line of commands is left whole or out: half of one could do something else. */
    static final String NO_MORE_COMMANDS = "# … (cut)";

    private Cut() {}

    /** @return at most {@code most} UTF-16 units, the mark included; no character is halved */
    static String units(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Math.max(0, most - MARK.length());
        if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        return (text.substring(0, end).stripTrailing() + MARK).substring(0, Math.min(most, end + MARK.length()));
    }

    /** The first whole lines that fit into {@code most} UTF-16 units together with a line that says that more followed. */
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

    /** The size of a text for a service that counts bytes of UTF-8. */
    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
