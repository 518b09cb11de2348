package org.pgsteward.backup;

import java.io.IOException;
import java.util.List;
import org.pgsteward.postgres.ClientProgram;

/** A server that dumps are restored into, by two ways in: the administrator's, and the one by which a dump comes. */
interface RestoreSite extends DumpExtensions.Administrator {
    /** Starts {@code pg_restore} over a connection that <em>logs in</em> as a plain role. */
    ClientProgram restoring(String database, List<String> options) throws IOException;
}
