package org.pgsteward;

import java.security.Security;
import org.pgsteward.cli.Commands;

/** Main class, which executes a command. */
public final class Steward {
    private Steward() {}

    public static void main(String[] args) {
        // A container has no address while it restarts, and Java would cache that failure for ten seconds.
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        System.exit(Commands.execute(args));
    }
}
