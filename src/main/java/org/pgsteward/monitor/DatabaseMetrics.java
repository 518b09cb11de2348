package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.ReplacedDatabase;
import org.pgsteward.postgres.SpareDatabases;
import org.pgsteward.postgres.UnfinishedRestore;

/** Reads the size and the number of sessions of each database, in one statement. */
public final class DatabaseMetrics {
    /** Every database that is backed up or enrolled, under the name of its backups. */
    private static final String ALL = """
            SELECT COALESCE(sc.service_name,
                            CASE WHEN length(d.datname) > 50 OR d.datname IN ('_base', '_globals', '_sets') OR EXISTS
                                      (SELECT FROM public.service_configs AS other WHERE other.service_name = d.datname)
                                 THEN left(d.datname, 41) || '~' || left(md5(d.datname), 8)
                                 ELSE d.datname END),
                   {size},
                   COALESCE(a.sessions, 0),
                   (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.oid = d.datdba),
                   d.oid::bigint
              FROM pg_catalog.pg_database AS d
              LEFT JOIN public.service_configs AS sc ON sc.database_name = d.datname
              LEFT JOIN (SELECT datid, count(*) AS sessions
                           FROM pg_catalog.pg_stat_activity
                          WHERE backend_type = 'client backend' AND application_name <> 'pgsteward'
                          GROUP BY datid) AS a ON a.datid = d.oid
             WHERE d.datname NOT IN ('template0', 'template1') AND NOT {unfinished} AND NOT {spare}
               AND (sc.service_name IS NOT NULL OR NOT {replaced})
               AND (sc.service_name IS NOT NULL
                    OR NOT EXISTS (SELECT FROM public.kept_databases AS k
                                    WHERE k.database_oid = d.oid AND k.database_name = d.datname))
             ORDER BY 1
            """.replace("{unfinished}", UnfinishedRestore.DATABASE)
            .replace("{replaced}", ReplacedDatabase.IS)
            .replace("{spare}", SpareDatabases.IS);

    private static final String FIGURES = ALL.replace("{size}", "pg_catalog.pg_database_size(d.oid)");
    private static final String WITHOUT_SIZES = ALL.replace("{size}", "0");

    private DatabaseMetrics() {}

    /**
     * One database, under its service's name, or under its own name without a service. pgsteward's own sessions are not
     * counted.
     *
     * @param isOfAdministrator whether its owner is a superuser, as for the database {@code postgres}
     */
    public record Figure(String service, long sizeBytes, long connections, boolean isOfAdministrator) {
        public Figure(String service, long sizeBytes, long connections) {
            this(service, sizeBytes, connections, false);
        }
    }

    /**
     * Reads all databases.
     *
     * @param connection a connection to the management database
     * @throws SQLException if PostgreSQL does not answer
     */
    public static List<Figure> read(Connection connection) throws SQLException {
        return Query.list(
                connection,
                FIGURES,
                row -> new Figure(row.getString(1), row.getLong(2), row.getLong(3), row.getBoolean(4)));
    }

    /** A source of the figures of all databases. */
    @FunctionalInterface
    public interface Source {
        List<Figure> read(Connection connection) throws SQLException;
    }

    /** A database whose size has not been read. */
    record Unsized(long oid, Figure figure) {
        Figure of(long sizeBytes) {
            return new Figure(figure.service(), sizeBytes, figure.connections(), figure.isOfAdministrator());
        }
    }

    /** Reads all databases without their sizes, which takes PostgreSQL next to no time. */
    static List<Unsized> withoutSizes(Connection connection) throws SQLException {
        return Query.list(
                connection,
                WITHOUT_SIZES,
                row -> new Unsized(
                        row.getLong(5),
                        new Figure(row.getString(1), row.getLong(2), row.getLong(3), row.getBoolean(4))));
    }
}
