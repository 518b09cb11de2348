package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.List;
import org.pgsteward.postgres.ClientProgram;

/** A server that dumps are restored into, by two ways in: the administrator's, and the one by which a dump comes. */
interface RestoreSite extends DumpExtensions.Administrator {
    /** Returns the value of a question to the catalog; it may be asked when the dump is there. */
    String ask(String database, String sql) throws IOException, InterruptedException;

    /** Starts {@code pg_restore} over a connection that <em>logs in</em> as a plain role, and acts as the owner. */
    ClientProgram restoring(String database, List<String> options) throws IOException;

    /** The role as which {@link #loading} logs in. */
    String loader();

    /** Starts {@code pg_restore} as the {@link #loader}, which the administrator may lend a right for it. */
    ClientProgram loading(String database, List<String> options) throws IOException;

    /**
     * Runs statements as the owner, each in a transaction of its own.
     *
     * @return PostgreSQL's error for each, empty where it was done; for a GRANT or REVOKE also the warning that it changed
     *     nothing
     */
    List<String> asOwner(String database, List<String> statements) throws IOException, InterruptedException;
}
