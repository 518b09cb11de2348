package org.pgsteward.containers;

import org.pgsteward.model.Container;

/** A container's name for a command line that a tired person will paste. */
public final class CommandTarget {
    private CommandTarget() {}

    public static String of(Container container) {
        return container.commandName();
    }
}
