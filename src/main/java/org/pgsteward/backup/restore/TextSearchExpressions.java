package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.List;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.postgres.Quote;

/**
 * Generated columns and indexes that depend on {@code default_text_search_config}. A configuration of the database
 * itself does not exist yet when a restore begins, so PostgreSQL computes them with another one.
 */
final class TextSearchExpressions {
    private static final String SETTING = "default_text_search_config";

    /**
     * The query for the names of these columns and indexes. It finds none if PostgreSQL itself has the configuration.
     * It follows the functions that search texts by the setting, and the functions whose source names such a function.
     * Functions with a larger source are not read, and count as dependent.
     */
    private static final String NAMES = """
            WITH RECURSIVE function (oid, name, source) AS (
                SELECT p.oid, p.proname,
                       CASE WHEN pg_catalog.pg_column_size(p.prosrc) + COALESCE(pg_catalog.pg_column_size(p.prosqlbody), 0)
                                 < {most}
                            THEN COALESCE(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) END
                  FROM pg_catalog.pg_proc AS p
                 WHERE p.oid >= 16384
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_ts_config AS c
                                    WHERE c.cfgnamespace = 'pg_catalog'::pg_catalog.regnamespace
                                      AND {configuration} IN (c.cfgname, 'pg_catalog.' || c.cfgname))),
            searching (oid, name) AS (
                SELECT oid, name FROM function
                 WHERE source IS NULL
                    OR source ~* '\\m(to_tsvector|jsonb?_to_tsvector|(plain|phrase|websearch_)?to_tsquery|ts_headline)\\M'
                 UNION
                SELECT f.oid, f.name
                  FROM searching AS s
                  JOIN function AS f
                    ON f.source ~* ('\\m' || pg_catalog.regexp_replace(s.name, '(\\W)', '\\\\\\1', 'g') || '\\M'))
            SELECT COALESCE(pg_catalog.string_agg(name, ', ' ORDER BY name), '')
              FROM (SELECT DISTINCT COALESCE(
                               a.attrelid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname),
                               i.indexrelid::pg_catalog.regclass::text) AS name
                      FROM pg_catalog.pg_depend AS d
                      JOIN searching AS s ON s.oid = d.refobjid
                      LEFT JOIN pg_catalog.pg_attrdef AS e
                        ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.oid = d.objid
                      LEFT JOIN pg_catalog.pg_attribute AS a
                        ON a.attrelid = e.adrelid AND a.attnum = e.adnum AND a.attgenerated <> ''
                      LEFT JOIN pg_catalog.pg_index AS i
                        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = d.objid
                     WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                       AND (a.attrelid IS NOT NULL OR i.indexrelid IS NOT NULL)
                     LIMIT 50) AS found
            """.replace("{most}", SessionViews.MOST_STORED);

    private TextSearchExpressions() {}

    /** Returns one line that names up to 50 of these columns and indexes; an empty list if there are none. */
    static List<String> lost(Manifest manifest, RestoreSite site, String database)
            throws IOException, InterruptedException {
        String configuration = manifest.contents().surroundings().settings().getOrDefault(SETTING, "");
        if (configuration.isEmpty()) {
            return List.of();
        }
        String names = site.ask(database, NAMES.replace("{configuration}", Quote.literal(configuration)))
                .strip();
        return names.isEmpty()
                ? List.of()
                : List.of("generated columns and indexes differ, because text search configuration "
                        + RestorePlan.oneLine(configuration) + " did not exist when they were computed: "
                        + RestorePlan.oneLine(names) + "; update these rows, and REINDEX");
    }
}
