package org.pgsteward.monitor;

import java.util.regex.Pattern;
import org.pgsteward.model.Container;

/** A container's name for a command line that a tired person will paste. */
final class CommandTarget {
    /** What the Docker Engine itself allows as a name; nothing in it means anything to a shell. */
    private static final Pattern PLAIN = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");

    private CommandTarget() {}

    /** The name where it is plain, and otherwise the short id, which says the same to Docker. */
    static String of(Container container) {
        return PLAIN.matcher(container.name()).matches() ? container.name() : shortId(container.id());
    }

    private static String shortId(String id) {
        String plain = id.replaceAll("[^0-9a-fA-F]", "");
        return plain.substring(0, Math.min(12, plain.length()));
    }
}
