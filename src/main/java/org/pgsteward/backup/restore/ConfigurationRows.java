package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Quote;

/**
 * Loads the rows in a dump for tables of extensions, such as {@code spatial_ref_sys} of PostGIS.
 *
 * <p>Such a table belongs to an administrator, and the owner of the database may not write to it. So these rows come in
 * a separate run, between the tables and the other rows. During this run, the role that logs in for the restore may
 * insert only into the tables that the extension itself marked for dumps. No other code of the dump runs meanwhile than
 * the {@code COPY} of these rows. If the extension has a trigger on such a table, its other tables are lent as well.
 *
 * <p>Why not as the administrator: an archive is a file, and its {@code COPY} may be any statement.
 */
final class ConfigurationRows {
    /**
     * The query for the statements that lend or revoke the privileges, as one text. It takes only relations that a
     * superuser owns, so a relation from the dump is never among them.
     */
    private static final String STATEMENTS = """
            WITH extension AS (
                SELECT e.oid, e.extconfig,
                       EXISTS (SELECT FROM pg_catalog.pg_trigger AS t
                                WHERE t.tgrelid = ANY (e.extconfig) AND NOT t.tgisinternal) AS has_triggers
                  FROM pg_catalog.pg_extension AS e
                 WHERE e.extconfig IS NOT NULL AND e.extname IN (%1$s)),
            member AS (
                SELECT n.nspname, c.relname, c.relkind, c.oid = ANY (e.extconfig) AS configured
                  FROM extension AS e
                  JOIN pg_catalog.pg_depend AS d ON d.refobjid = e.oid AND d.deptype = 'e'
                       AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                       AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind IN ('r', 'p', 'S')
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                  JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner AND r.rolsuper
                 WHERE c.oid = ANY (e.extconfig) OR e.has_triggers)
            SELECT pg_catalog.string_agg(statement, '; ')
              FROM (SELECT DISTINCT pg_catalog.format('%2$s USAGE ON SCHEMA %%I %3$s', nspname) AS statement
                      FROM member
                     WHERE nspname NOT IN ('pg_catalog', 'public')
                    UNION ALL
                    SELECT pg_catalog.format(CASE WHEN relkind = 'S' THEN '%2$s USAGE, SELECT, UPDATE ON SEQUENCE %%I.%%I %3$s'
                                                  WHEN configured THEN '%2$s SELECT, INSERT ON TABLE %%I.%%I %3$s'
                                                  ELSE '%2$s SELECT, INSERT, UPDATE, DELETE ON TABLE %%I.%%I %3$s' END,
                                             nspname, relname)
                      FROM member) AS statements
            """;

    private final RestoreSite site;
    private final String database;

    ConfigurationRows(RestoreSite site, String database) {
        this.site = site;
        this.database = database;
    }

    /** Lets {@code role} write into these tables until the privileges are revoked or the role is dropped. */
    void lend(String role, Collection<String> extensions) throws IOException, InterruptedException {
        run("GRANT", "TO", role, extensions);
    }

    /** @param list the file with the entries of {@link RestorePlan#configuration} */
    void load(StoredFile file, Path list, Collection<String> extensions) throws IOException, InterruptedException {
        lend(site.loader(), extensions);
        try (ClientProgram program = site.loading(
                database,
                List.of("--exit-on-error", "--no-owner", "--no-privileges", "--no-comments", "--use-list=" + list))) {
            file.beginPouringInto(program);
        } finally {
            run("REVOKE", "FROM", site.loader(), extensions);
        }
    }

    private void run(String verb, String preposition, String role, Collection<String> extensions)
            throws IOException, InterruptedException {
        if (extensions.isEmpty()) {
            return;
        }
        String names = extensions.stream().map(Quote::literal).collect(Collectors.joining(", "));
        // The name becomes part of a quoted format string of SQL, where a percent sign must be doubled.
        String whom =
                preposition + " " + Quote.identifier(role).replace("%", "%%").replace("'", "''");
        String statements = site.administer(database, STATEMENTS.formatted(names, verb, whom));
        if (!statements.isEmpty()) {
            site.administer(database, statements);
        }
    }
}
