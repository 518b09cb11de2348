package org.pgsteward.containers;

import org.pgsteward.model.Container;

/** A container's name or short id, for a command that an operator will paste. */
public final class CommandTarget {
    private CommandTarget() {}

    public static String of(Container container) {
        return container.commandName();
    }
}
