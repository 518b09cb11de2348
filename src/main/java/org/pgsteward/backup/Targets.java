package org.pgsteward.backup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.Server;

/** What there is to back up: every database of the cluster but the templates, whoever made it, and the globals. */
public final class Targets {
    /** The service under which roles and settings go. */
    public static final String GLOBALS = "_globals";

    /** The service under which the whole cluster goes. */
    public static final String BASE = "_base";

    /**
     * A database of no service goes under its own name, unless a service has that name already or the journal's 50
     * characters do not hold it: then part of its hash tells it apart.
     */
    private static final String DATABASES = """
            SELECT COALESCE(sc.service_name,
                            CASE WHEN length(d.datname) > 50 OR EXISTS
                                      (SELECT FROM public.service_configs AS other WHERE other.service_name = d.datname)
                                 THEN left(d.datname, 41) || '~' || left(md5(d.datname), 8)
                                 ELSE d.datname END),
                   d.datname,
                   pg_catalog.pg_get_userbyid(d.datdba),
                   COALESCE(sc.created_at AT TIME ZONE 'UTC', 'epoch'::timestamptz),
                   COALESCE(sc.image, '')
              FROM pg_catalog.pg_database AS d
              LEFT JOIN public.service_configs AS sc ON sc.database_name = d.datname
             WHERE NOT d.datistemplate AND d.datallowconn AND d.datname !~ '^pgsteward_restore_[0-9a-f]{8}$'
             ORDER BY 1
            """;

    private final Server server;

    public Targets(Server server) {
        this.server = server;
    }

    /**
     * A target that exists.
     *
     * @param since when it came to be there, as far as the journal knows
     */
    public record Found(BackupTarget target, Instant since) {}

    /** @throws SQLException when PostgreSQL does not answer */
    public List<Found> all(BackupKind kind) throws SQLException {
        if (kind != BackupKind.DUMP) {
            String service = kind == BackupKind.GLOBALS ? GLOBALS : BASE;
            String administrator = server.address().user();
            String database = server.address().database();
            return List.of(new Found(new BackupTarget(service, database, administrator, kind, ""), Instant.EPOCH));
        }
        List<Found> targets = new ArrayList<>();
        try (Connection connection = server.connect(server.address().database());
                PreparedStatement statement = connection.prepareStatement(DATABASES);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                targets.add(new Found(
                        new BackupTarget(
                                rows.getString(1),
                                rows.getString(2),
                                rows.getString(3),
                                BackupKind.DUMP,
                                rows.getString(5)),
                        rows.getObject(4, OffsetDateTime.class).toInstant()));
            }
        }
        return targets;
    }
}
