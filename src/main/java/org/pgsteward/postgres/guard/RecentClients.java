package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The most recent sessions, by process ID. Their number is limited, since an application may open a session for each
 * request.
 */
final class RecentClients {
    static final int MOST = 2000;

    /** A worker of autovacuum belongs to the owner of its database. The workers are first, because the caller must see each. */
    private static final String CLIENTS = """
            SELECT a.pid, r.rolname, a.datname, a.backend_type = 'autovacuum worker'
              FROM pg_catalog.pg_stat_activity AS a
              JOIN pg_catalog.pg_database AS d ON d.oid = a.datid
              JOIN pg_catalog.pg_roles AS r
                ON r.oid = CASE a.backend_type WHEN 'autovacuum worker' THEN d.datdba ELSE a.usesysid END
             WHERE a.backend_type IN ('client backend', 'parallel worker', 'autovacuum worker')
             ORDER BY 4 DESC
             LIMIT 1000
            """;

    private final Map<Integer, ServerGuard.Client> clients = new LinkedHashMap<>();

    /** Adds the present sessions, and returns whether a worker of autovacuum is among them. */
    boolean read(Connection session) throws SQLException {
        boolean autovacuum = false;
        try (Statement statement = session.createStatement();
                ResultSet rows = statement.executeQuery(CLIENTS)) {
            while (rows.next()) {
                boolean worker = rows.getBoolean(4);
                add(rows.getInt(1), new ServerGuard.Client(rows.getString(2), rows.getString(3), worker, false));
                autovacuum |= worker;
            }
        }
        return autovacuum;
    }

    synchronized void add(int pid, ServerGuard.Client client) {
        clients.remove(pid);
        clients.put(pid, client);
        if (clients.size() > MOST) {
            clients.remove(clients.keySet().iterator().next());
        }
    }

    synchronized Map<Integer, ServerGuard.Client> copy() {
        return Map.copyOf(clients);
    }
}
