package org.pgsteward.backup;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * Generated columns and indexes that depend on {@code default_text_search_config}. If that is a configuration of the database
 * itself, it is not there yet when a restore begins, and PostgreSQL uses another one.
 */
final class TextSearchExpressions {
    private static final String SETTING = "default_text_search_config";

    /** Those that PostgreSQL brings, up to version 18. */
    private static final Set<String> OF_POSTGRESQL = Set.of(
            "simple",
            "arabic",
            "armenian",
            "basque",
            "catalan",
            "danish",
            "dutch",
            "english",
            "estonian",
            "finnish",
            "french",
            "german",
            "greek",
            "hindi",
            "hungarian",
            "indonesian",
            "irish",
            "italian",
            "lithuanian",
            "nepali",
            "norwegian",
            "portuguese",
            "romanian",
            "russian",
            "serbian",
            "spanish",
            "swedish",
            "tamil",
            "turkish",
            "yiddish");

    /** Larger functions are not searched, and count as dependent. */
    private static final String NAMES = """
            WITH searching (oid) AS (
                SELECT p.oid FROM pg_catalog.pg_proc AS p
                 WHERE p.oid >= 16384
                   AND CASE WHEN pg_catalog.pg_column_size(p.prosrc) + COALESCE(pg_catalog.pg_column_size(p.prosqlbody), 0)
                                 < {most}
                            THEN COALESCE(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
                                 ~* '\\m(to_tsvector|jsonb?_to_tsvector|(plain|phrase|websearch_)?to_tsquery|ts_headline)\\M'
                            ELSE true END)
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

    /** Returns those of a restored database that have other contents than before, in one line; nothing if there are none. */
    static List<String> lost(Manifest manifest, RestoreSite site, String database)
            throws IOException, InterruptedException {
        String configuration = manifest.surroundings().settings().getOrDefault(SETTING, "");
        if (configuration.isEmpty() || OF_POSTGRESQL.contains(configuration.replaceFirst("^pg_catalog\\.", ""))) {
            return List.of();
        }
        String names = site.ask(database, NAMES).strip();
        return names.isEmpty()
                ? List.of()
                : List.of("generated columns and indexes have contents by another text search configuration than "
                        + RestorePlan.oneLine(configuration) + ", which is not there yet when they are restored: "
                        + RestorePlan.oneLine(names) + "; set the texts again (UPDATE), and REINDEX");
    }
}
