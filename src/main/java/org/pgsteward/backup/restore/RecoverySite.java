package org.pgsteward.backup.restore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SpareDatabases;

/**
 * The server that a {@link Recovery} rebuilds. The server must be empty. A role marks it as pgsteward's from the first
 * step to the last, so that the operator can repeat a run that was killed.
 */
final class RecoverySite {
    /** The name of the role. */
    static final String MARK = "pgsteward_recovery";

    private static final String STRANGERS = """
            SELECT 'role ' || rolname FROM pg_catalog.pg_roles
             WHERE rolname !~ '^pg_' AND oid <> 10 AND rolname <> current_user
            UNION ALL
            SELECT 'database ' || d.datname FROM pg_catalog.pg_database AS d
             WHERE NOT d.datistemplate AND d.datname NOT IN ('postgres', current_database()) AND NOT {spare}
             ORDER BY 1
             LIMIT 5
            """.replace("{spare}", SpareDatabases.IS);

    /** The tables and views of the journal, which are in the schema public of the management database. */
    static final Set<String> JOURNAL = Set.of(
            "service_configs",
            "service_status",
            "backup_log",
            "backup_copy",
            "user_activity",
            "kept_databases",
            "checked_databases",
            "flyway_schema_history");

    /**
     * The query that names up to five tables and views. The journal's own tables do not count, because a daemon that
     * ran before has created them.
     */
    private static final String RELATIONS = """
            SELECT c.oid::pg_catalog.regclass::text
              FROM pg_catalog.pg_class AS c
             WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
               AND c.relnamespace::pg_catalog.regnamespace::text !~ '^pg_'
               AND c.relname NOT IN ({journal})
             ORDER BY 1
             LIMIT 5
            """.replace(
                    "{journal}", JOURNAL.stream().map(Quote::literal).sorted().collect(Collectors.joining(", ")));

    private final Server server;
    private final Restore restore;

    RecoverySite(Server server, Restore restore) {
        this.server = server;
        this.restore = restore;
    }

    private boolean isClaimed() throws SQLException {
        return !RestoreRole.names(server, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = '" + MARK + "'")
                .isEmpty();
    }

    /** @throws Refusal if the server is neither empty nor marked */
    void refuseOccupied() throws Refusal, SQLException {
        if (isClaimed()) {
            return;
        }
        List<String> strangers = RestoreRole.names(server, STRANGERS);
        for (String database : List.of(server.address().database(), "postgres")) {
            if (strangers.isEmpty() && restore.exists(database)) {
                strangers = relations(database);
            }
        }
        if (!strangers.isEmpty()) {
            throw new Refusal("cannot restore everything: the server at "
                    + server.address().where() + " is not empty (" + String.join(", ", strangers)
                    + "); use an empty server, or restore single databases with"
                    + " 'pgsteward restore SERVICE --into DATABASE'");
        }
    }

    void claim() throws SQLException {
        if (!isClaimed()) {
            RestoreRole.run(server, "CREATE ROLE " + MARK + " NOLOGIN");
        }
    }

    /** Returns up to five of the tables and views in a database, without those of the journal. */
    List<String> relations(String database) throws SQLException {
        try (Connection connection = server.connect(database);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(RELATIONS)) {
            List<String> relations = new ArrayList<>();
            while (rows.next()) {
                relations.add("table " + rows.getString(1) + " in database " + database);
            }
            return relations;
        }
    }

    /** Removes the mark after a complete run. */
    void release() throws SQLException {
        RestoreRole.run(server, "DROP ROLE " + MARK);
    }
}
