package org.pgsteward.backup;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.postgres.Quote;

/**
 * The settings of a database that change the results of its expressions: those of generated columns, indexes, constraints and
 * materialized views; and those that applications make up, which functions read. A restore applies them before anything of the
 * dump is there. All of them may be set by any role.
 */
final class ResultSettings {
    /** In lower case. */
    private static final Set<String> NAMES = Set.of(
            "timezone",
            "timezone_abbreviations",
            "datestyle",
            "intervalstyle",
            "extra_float_digits",
            "bytea_output",
            "default_text_search_config",
            "lc_monetary",
            "lc_numeric",
            "lc_time",
            "xmlbinary",
            "xmloption");

    /** Characters of a value. */
    private static final int LONGEST = Fields.LONGEST;

    private static final String MAY_READ_FILES =
            "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')"
                    + " AND pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')";

    /**
     * Names that applications make up, which {@code pg_settings} does not show. Settings of PL/Perl and PL/Tcl are left out,
     * because some of them run code.
     */
    private static final String OF_APPLICATIONS = "^(?!pl(perl|perlu|tcl|tclu)\\.)[a-zA-Z_]\\w*(\\.[a-zA-Z_]\\w*)+$";

    /** Settings of applications that are read of one database. */
    private static final int MOST_OF_APPLICATIONS = 50;

    /** What the administrator's role or our own session has set instead is not in force for others. */
    private static final String QUERY = """
            WITH below AS (
                SELECT DISTINCT ON (pg_catalog.lower(name)) name, value
                  FROM (SELECT pg_catalog.split_part(setting, '=', 1) AS name,
                               pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1) AS value,
                               CASE r.setdatabase WHEN 0 THEN 2 ELSE 1 END AS rank
                          FROM pg_catalog.pg_db_role_setting AS r
                         CROSS JOIN LATERAL pg_catalog.unnest(r.setconfig) AS setting
                         WHERE r.setrole = 0 AND pg_catalog.length(setting) < {longest}
                           AND r.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database
                                                      WHERE datname = pg_catalog.current_database()))
                         {files}) AS found
                 ORDER BY pg_catalog.lower(name), rank)
            SELECT name, value
              FROM (SELECT s.name,
                           CASE WHEN s.source IN ('user', 'database user', 'client', 'session') THEN below.value
                                WHEN s.source <> 'default' THEN s.setting END AS value
                      FROM pg_catalog.pg_settings AS s
                      LEFT JOIN below ON pg_catalog.lower(below.name) = pg_catalog.lower(s.name)
                     WHERE pg_catalog.lower(s.name) IN ('{names}')
                    UNION ALL
                    (SELECT name, value FROM below WHERE name ~ {applications} ORDER BY name LIMIT {most})) AS found
             WHERE pg_catalog.length(value) BETWEEN 1 AND {longest}
             ORDER BY name;
            """.replace("{longest}", Integer.toString(LONGEST))
            .replace("{names}", String.join("', '", NAMES))
            .replace("{applications}", Quote.literal(OF_APPLICATIONS))
            .replace("{most}", Integer.toString(MOST_OF_APPLICATIONS));

    /** For {@code psql}: the settings that a session begins with, by name. Only a superuser may read the server's files. */
    static final String IN_FORCE = MAY_READ_FILES + " AS readable \\gset\n\\if :readable\n"
            + QUERY.replace(
                    "{files}", "UNION ALL SELECT name, setting, 3 FROM pg_catalog.pg_file_settings WHERE applied")
            + "\\else\n" + QUERY.replace("{files}", "") + "\\endif\n";

    private static final Pattern SET = Pattern.compile(" SET \"?([\\w.]{1,200})\"? TO ('(?:[^']|'')*')");

    private ResultSettings() {}

    /** Returns whether an application made the name up. The value may be a secret. */
    static boolean isOfAnApplication(String name) {
        return name.matches(OF_APPLICATIONS);
    }

    /** Returns such as {@code "TimeZone" TO 'UTC'}; empty for other settings. */
    static Optional<String> assignment(String name, String value) {
        boolean isOne = NAMES.contains(name.toLowerCase(Locale.ROOT)) || isOfAnApplication(name);
        return isOne && name.length() <= LONGEST && value.length() <= LONGEST
                ? Optional.of(Quote.identifier(name) + " TO " + Quote.literal(value))
                : Optional.empty();
    }

    /** The same of the end of an {@code ALTER DATABASE} statement that pg_dump wrote. */
    static Optional<String> assignment(String statementEnd) {
        Matcher set = SET.matcher(statementEnd);
        if (!set.matches()) {
            return Optional.empty();
        }
        String literal = set.group(2);
        return assignment(
                set.group(1), literal.substring(1, literal.length() - 1).replace("''", "'"));
    }

    /** Returns a statement that sets these for each session of a database, as far as the server knows the values. */
    static String onDatabase(String database, List<String> assignments) {
        return blocks("ALTER DATABASE " + Quote.identifier(database) + " SET ", assignments, "");
    }

    /** Returns one statement that runs another one under these. */
    static String under(List<String> assignments, String statement) {
        return assignments.isEmpty() ? statement : blocks("SET LOCAL ", assignments, statement + "; ");
    }

    private static String blocks(String set, List<String> assignments, String last) {
        return "DO "
                + Quote.literal(assignments.stream()
                        .map(assignment -> "BEGIN EXECUTE " + Quote.literal(set + assignment)
                                + "; EXCEPTION WHEN OTHERS THEN NULL; END; ")
                        .collect(Collectors.joining("", "BEGIN ", last + "END")));
    }
}
