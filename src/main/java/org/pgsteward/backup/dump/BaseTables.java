package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lists the tables that {@link BaseRows} counts, within limits. */
final class BaseTables {
    /**
     * The tables of users, their TOAST tables, and two tables of the catalog: {@code pg_class} and
     * {@code pg_largeobject}. The first column is the role that counts, empty for the administrator. A superuser's
     * materialized view is excluded, since it cannot be locked.
     */
    private static final String TABLES = """
            SELECT CASE WHEN c.relkind = 't' OR c.oid < 16384 OR r.rolsuper THEN '' ELSE r.rolname END,
                   pg_catalog.format('%I.%I', n.nspname, c.relname),
                   r.rolsuper AND c.relkind = 'r' AND c.oid >= 16384
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
              JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
              JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
             WHERE c.relkind IN ('r', 'm', 't') AND c.relpersistence = 'p' AND a.amname = 'heap'
               AND (c.oid >= 16384 OR c.oid IN ('pg_catalog.pg_class'::pg_catalog.regclass,
                                                'pg_catalog.pg_largeobject'::pg_catalog.regclass))
               AND NOT (r.rolsuper AND c.relkind = 'm')
               AND (r.rolsuper OR r.rolname !~ '^pg_')
               AND pg_catalog.age(c.xmin) > pg_catalog.age(CAST(? AS pg_catalog.xid))
               AND pg_catalog.age(n.xmin) > pg_catalog.age(CAST(? AS pg_catalog.xid))
             ORDER BY 1, 2
             LIMIT 20001
            """;

    /** The largest number of tables per database. The query reads one more to detect an excess. */
    private static final int MOST_TABLES = 20_000;

    /** The largest number of characters in the names of one database's tables. */
    private static final int MOST_OF_A_DATABASE = 512 * 1024;

    /** The largest number of characters in the names of all databases' tables. */
    private static final int MOST = 2 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(BaseRows.class);

    private final Server server;
    private final String before;

    /** The number of characters in all names so far. */
    private int names;

    /** @param before the oldest transaction that ran when the backup began */
    BaseTables(Server server, String before) {
        this.server = server;
        this.before = before;
    }

    /**
     * A table that may be counted.
     *
     * @param owner the role with the rights for the count; empty for the administrator
     * @param name quoted
     * @param lockable whether the owner of the schema could replace it by a view of the same name, so that it must be
     *     locked
     */
    record Table(String owner, String name, boolean lockable) {}

    /** Returns the tables of a database that existed, unaltered, when the backup began. */
    List<Table> of(String database) throws SQLException {
        try (Connection there = server.connectForLong(database);
                PreparedStatement statement = there.prepareStatement(TABLES)) {
            statement.setObject(1, before, Types.OTHER);
            statement.setObject(2, before, Types.OTHER);
            try (ResultSet rows = statement.executeQuery()) {
                List<Table> tables = new ArrayList<>();
                int most = Math.min(MOST_OF_A_DATABASE, MOST - names);
                int here = 0;
                while (rows.next()) {
                    here += database.length() + rows.getString(2).length();
                    if (here > most || tables.size() == MOST_TABLES) {
                        LOG.warn(
                                "only {} tables of database {} are compared with the base backup: the database has too many tables, or their names are too long",
                                tables.size(),
                                database);
                        break;
                    }
                    tables.add(new Table(rows.getString(1), rows.getString(2), rows.getBoolean(3)));
                }
                names += Math.min(here, most);
                return tables;
            }
        }
    }
}
