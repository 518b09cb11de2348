package org.pgsteward.monitor;

import org.pgsteward.model.Container;

/** A container's name for a command line that a tired person will paste. */
final class CommandTarget {
    private CommandTarget() {}

    static String of(Container container) {
        return container.commandName();
    }
}
