package org.pgsteward;

import org.pgsteward.cli.Commands;

/** Starts the command that was asked for. */
public final class Steward {
    private Steward() {}

    public static void main(String[] args) {
        System.exit(Commands.execute(args));
    }
}
