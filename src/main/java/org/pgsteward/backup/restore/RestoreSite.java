package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.List;
import org.pgsteward.postgres.ClientProgram;

/**
 * A server that dumps are restored into. It has two kinds of sessions: those of the administrator, and those that
 * restore.
 */
interface RestoreSite extends DumpExtensions.Administrator {
    /** Returns the value of a query to the catalog. It may run after objects of the dump exist. */
    String ask(String database, String sql) throws IOException, InterruptedException;

    /** Starts {@code pg_restore} over a connection that <em>logs in</em> as a plain role and acts as the owner. */
    ClientProgram restoring(String database, List<String> options) throws IOException;

    /** Returns the role as which {@link #loading} logs in. */
    String loader();

    /**
     * Starts {@code pg_restore} as the {@link #loader}, to which the administrator may lend privileges for this run.
     */
    ClientProgram loading(String database, List<String> options) throws IOException;

    /**
     * Runs statements as the owner, each in a transaction of its own.
     *
     * @return PostgreSQL's error for each statement, empty after success; for a GRANT or REVOKE also the warning that
     *     it changed nothing
     */
    List<String> asOwner(String database, List<String> statements) throws IOException, InterruptedException;
}
