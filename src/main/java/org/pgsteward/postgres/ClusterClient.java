package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The client programs of a {@link ThrowawayCluster}, which connect over its socket. */
final class ClusterClient {
    /** Without a terminal, psql takes the database's encoding for its own. Names in a SQL_ASCII database are bytes; here they are UTF-8. */
    private static final Map<String, String> ENCODING = Map.of("PGCLIENTENCODING", "UTF8");

    /** After {@link PinnedSettings}, for sessions in a copy: they read whole tables, and rely on no index. */
    private static final String FOR_COPIES =
            " -c lock_timeout=0 -c enable_indexscan=off -c enable_indexonlyscan=off" + " -c enable_bitmapscan=off";

    /** Settings that only a superuser may change. */
    private static final String FOR_SUPERUSERS = " -c session_preload_libraries= -c lc_messages=C";

    private final Programs programs;
    private final UnprivilegedUser user;
    private final Path sockets;
    private final int port;

    ClusterClient(Programs programs, UnprivilegedUser user, Path sockets, int port) {
        this.programs = programs;
        this.user = user;
        this.sockets = sockets;
        this.port = port;
    }

    /** Returns the command line of a client program. */
    List<String> command(String program, String role, String database, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                programs.path(program).toString(),
                "--host=" + sockets,
                "--port=" + port,
                "--username=" + role,
                "--dbname=" + Quote.conninfo(database),
                "--no-password"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs SQL in psql and returns the rows, columns separated by {@code |}. */
    String sql(String role, String database, String sql) throws IOException, InterruptedException {
        return psql(role, database, ENCODING, sql);
    }

    /** The same in a copy of a cluster, where settings of its roles and databases have no effect. */
    String sqlInCopy(String role, boolean superuser, String database, String sql)
            throws IOException, InterruptedException {
        Map<String, String> environment = new HashMap<>(ENCODING);
        environment.put(
                "PGOPTIONS", PinnedSettings.options(programs.major()) + FOR_COPIES + (superuser ? FOR_SUPERUSERS : ""));
        return psql(role, database, environment, sql);
    }

    private String psql(String role, String database, Map<String, String> environment, String sql)
            throws IOException, InterruptedException {
        return ClientProgram.run(user, psql(role, database), environment, sql);
    }

    private List<String> psql(String role, String database) {
        return command(
                "psql",
                role,
                database,
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "--file=-");
    }

    /** Returns a session that stays open. Its errors have no warnings of earlier statements beside them. */
    ClusterSession session(String role) {
        Map<String, String> environment = new HashMap<>(ENCODING);
        environment.put("PGOPTIONS", "-c client_min_messages=error");
        return new ClusterSession(user, psql(role, ClusterSession.HOME), environment);
    }
}
