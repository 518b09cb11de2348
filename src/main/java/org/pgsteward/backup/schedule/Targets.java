package org.pgsteward.backup.schedule;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.postgres.KeptDatabases;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.ReplacedDatabase;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SpareDatabases;
import org.pgsteward.postgres.UnfinishedRestore;

/**
 * The targets of backups: the globals and every database of the cluster, including databases that pgsteward did not
 * create. Only PostgreSQL's own two templates are excluded.
 */
public final class Targets {
    /** The service name of the roles and settings. */
    public static final String GLOBALS = "_globals";

    /** The service name of base backups. */
    public static final String BASE = "_base";

    /**
     * The test whether a name is UTF-8, on its bytes in hexadecimal digits. A session in a database of another encoding
     * can give a database any bytes as its name. Then most functions fail for all names.
     */
    private static final String UTF8_NAME = "(pg_catalog.encode(pg_catalog.textsend(datname::text), 'hex') ~ '^("
            + "[0-7][0-9a-f]|(c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]|e0[ab][0-9a-f][89ab][0-9a-f]"
            + "|e[1-9a-cef]([89ab][0-9a-f]){2}|ed[89][0-9a-f][89ab][0-9a-f]|f0[9ab][0-9a-f]([89ab][0-9a-f]){2}"
            + "|f[123]([89ab][0-9a-f]){3}|f48[0-9a-f]([89ab][0-9a-f]){2})*$')";

    /**
     * The databases to dump. A database without a service uses its own name as the service name. A part of its hash is
     * added in three cases: a service has that name already, a folder of the store has it, or it exceeds the journal's
     * 50 characters.
     */
    private static final String DATABASES = """
            SELECT COALESCE(sc.service_name,
                            CASE WHEN length(d.datname) > 50 OR d.datname IN ('_base', '_globals', '_sets') OR EXISTS
                                      (SELECT FROM public.service_configs AS other WHERE other.service_name = d.datname)
                                 THEN left(d.datname, 41) || '~' || left(md5(d.datname), 8)
                                 ELSE d.datname END),
                   d.datname,
                   pg_catalog.pg_get_userbyid(d.datdba),
                   COALESCE(sc.created_at AT TIME ZONE 'UTC', 'epoch'::timestamptz),
                   COALESCE(sc.image, '')
              FROM (SELECT * FROM pg_catalog.pg_database WHERE {utf8} OFFSET 0) AS d
              LEFT JOIN public.service_configs AS sc ON sc.database_name = d.datname
             WHERE d.datname NOT IN ('template0', 'template1') AND NOT {unfinished} AND NOT {spare}
               AND (sc.service_name IS NOT NULL
                    OR NOT EXISTS (SELECT FROM public.kept_databases AS k
                                    WHERE k.database_oid = d.oid AND k.database_name = d.datname))
               AND NOT {replaced}
               -- A quarantined service's database is closed, or dropped in part.
               AND (d.datallowconn AND d.datconnlimit <> -2 OR sc.quarantined_at IS NULL)
             ORDER BY 1
            """.replace("{utf8}", UTF8_NAME)
            .replace("{unfinished}", UnfinishedRestore.DATABASE)
            .replace("{replaced}", ReplacedDatabase.IS)
            .replace("{spare}", SpareDatabases.IS);

    /** The names that are not UTF-8, in a form that PostgreSQL can send. */
    private static final String UNREADABLE_NAMES = """
            SELECT pg_catalog.encode(pg_catalog.textsend(datname::text), 'escape'), oid, pg_catalog.pg_get_userbyid(datdba)
              FROM pg_catalog.pg_database
             WHERE NOT {utf8}
             ORDER BY oid
             LIMIT 100
            """.replace("{utf8}", UTF8_NAME);

    private final Server server;

    public Targets(Server server) {
        this.server = server;
    }

    /**
     * An existing target.
     *
     * @param since the time from which it exists, as far as the journal contains it
     * @param hindrance the reason why it cannot be backed up, with the statement that repairs it; empty if it can
     */
    public record Found(BackupTarget target, Instant since, String hindrance) {}

    /**
     * Returns the databases that restores made or kept. They are not targets.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    public List<KeptDatabase> kept() throws SQLException {
        return KeptDatabases.read(server);
    }

    /**
     * Returns the targets of one kind.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    public List<Found> all(BackupKind kind) throws SQLException {
        if (kind != BackupKind.DUMP) {
            String service = kind == BackupKind.GLOBALS ? GLOBALS : BASE;
            String administrator = server.address().user();
            String database = server.address().database();
            return List.of(new Found(new BackupTarget(service, database, administrator, kind, ""), Instant.EPOCH, ""));
        }
        return dumps();
    }

    /** Returns up to 100 databases that cannot be backed up because their name is not UTF-8. */
    public List<Found> unreadable() throws SQLException {
        return found(
                UNREADABLE_NAMES,
                row -> new Found(
                        new BackupTarget(row.getString(1), row.getString(1), row.getString(3), BackupKind.DUMP, ""),
                        Instant.EPOCH,
                        "its name is not UTF-8; rename it: UPDATE pg_catalog.pg_database SET datname = 'new_name' WHERE oid = "
                                + row.getLong(2)));
    }

    private List<Found> dumps() throws SQLException {
        return found(
                DATABASES,
                row -> new Found(
                        new BackupTarget(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                BackupKind.DUMP,
                                row.getString(5)),
                        Query.time(row, 4),
                        ""));
    }

    private List<Found> found(String sql, Query.Row<Found> row) throws SQLException {
        try (Connection connection = server.connect(server.address().database())) {
            return Query.list(connection, sql, row);
        }
    }
}
