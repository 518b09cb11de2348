package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Empty databases, made before a service needs them. To give one away takes PostgreSQL 3 ms, and to make one 40 ms to
 * several hundred: it writes 7 MB and waits for the disk.
 *
 * <p>Nobody can connect to a spare database, so it is empty. A name is no evidence: it counts only with {@linkplain #MARK a
 * comment}. A process that was killed leaves at most a database without the comment, which the next run drops.
 */
public final class SpareDatabases {
    /** The most that are kept, whatever the operator sets. Each takes 7 MB. */
    public static final int MOST = 5;

    /** A pattern for the names. */
    public static final String NAMES = "^pgsteward_spare_[1-9]$";

    /** The comment on each. */
    public static final String MARK = "pgsteward: an empty database for the next service; pgsteward.spare.databases";

    /** The condition that the database {@code d}, a row of {@code pg_database}, is a spare one, finished or not. */
    public static final String IS = "(d.datname ~ '" + NAMES + "' AND NOT d.datallowconn AND d.datconnlimit = 0"
            + " AND d.datdba IN (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolsuper)"
            + " AND COALESCE(pg_catalog.shobj_description(d.oid, 'pg_database'), " + Quote.literal(MARK) + ") = "
            + Quote.literal(MARK) + ")";

    /** The properties of a row that a new copy of template0 does not share with template0. */
    private static final String OWN =
            "'{oid,datname,datdba,encoding,datistemplate,datallowconn,datconnlimit,datlastsysoid,"
                    + "datfrozenxid,datminmxid,dathasloginevt,datcollversion,datacl}'::text[]";

    /** A system update may change the sort order of a locale. A spare database of before would warn at each login. */
    private static final String READY = IS + " AND pg_catalog.shobj_description(d.oid, 'pg_database') IS NOT NULL"
            + " AND pg_catalog.pg_encoding_to_char(d.encoding) = 'UTF8'"
            + " AND pg_catalog.to_jsonb(d) - " + OWN + " = (SELECT pg_catalog.to_jsonb(t) - " + OWN
            + " FROM pg_catalog.pg_database AS t WHERE t.datname = 'template0')"
            + " AND d.datcollversion IS NOT DISTINCT FROM pg_catalog.pg_database_collation_actual_version(d.oid)";

    private static final String FIRST =
            "SELECT d.datname FROM pg_catalog.pg_database AS d WHERE " + READY + " ORDER BY 1 LIMIT 1";

    private static final String ALL =
            "SELECT d.datname, " + READY + " FROM pg_catalog.pg_database AS d WHERE " + IS + " ORDER BY 1";

    private static final String TAKEN = "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = ?)";

    private SpareDatabases() {}

    private record Spare(String name, boolean ready) {}

    /** Returns the name of a spare database that can be given away. */
    public static Optional<String> find(Connection connection) throws SQLException {
        return Query.first(connection, FIRST, row -> row.getString(1));
    }

    /**
     * Returns the SQL that gives a spare database another name and an owner, in any transaction. It stays closed to
     * connections.
     */
    public static String given(String spare, String database, String owner) {
        String name = Quote.identifier(database);
        return "ALTER DATABASE " + Quote.identifier(spare) + " RENAME TO " + name + "; ALTER DATABASE " + name
                + " OWNER TO " + Quote.identifier(owner) + "; ALTER DATABASE " + name + " CONNECTION LIMIT -1"
                + "; COMMENT ON DATABASE " + name + " IS NULL";
    }

    /**
     * Makes the spare databases that are missing, and drops those that are too many or of no use.
     *
     * @param wanted their number; 0 drops all
     */
    public static void keep(Connection connection, int wanted) throws SQLException {
        int ready = 0;
        for (Spare spare : Query.list(connection, ALL, row -> new Spare(row.getString(1), row.getBoolean(2)))) {
            if (spare.ready() && ready < Math.min(wanted, MOST)) {
                ready++;
            } else {
                Query.run(connection, "DROP DATABASE " + Quote.identifier(spare.name()));
            }
        }
        for (String name : names()) {
            if (ready < Math.min(wanted, MOST) && !Query.one(connection, TAKEN, row -> row.getBoolean(1), name)) {
                make(connection, Quote.identifier(name));
                ready++;
            }
        }
    }

    private static List<String> names() {
        return IntStream.rangeClosed(1, MOST)
                .mapToObj(number -> "pgsteward_spare_" + number)
                .toList();
    }

    private static void make(Connection connection, String name) throws SQLException {
        Query.run(
                connection,
                "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS false"
                        + " CONNECTION LIMIT 0");
        Query.run(
                connection,
                "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC; COMMENT ON DATABASE " + name + " IS "
                        + Quote.literal(MARK));
    }
}
