package org.pgsteward.backup.store;

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
public final class ResultSettings {
    /** A literal of SQL, matched without recursion, however long it is. */
    public static final String LITERAL = "'[^']*+(?:''[^']*+)*+'";

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

    /** The same of an application's: it may be a key. */
    private static final int LONGEST_OF_APPLICATIONS = 1 << 16;

    private static final String MAY_READ_FILES =
            "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')"
                    + " AND pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')"
                    + " AND pg_catalog.has_function_privilege("
                    + "'pg_catalog.pg_read_file(text,bigint,bigint,boolean)', 'EXECUTE')";

    /**
     * Settings of the command line, which has each argument in quotes and of which the last of a name counts, and those of the files
     * below them.
     */
    private static final String FILES = """
            UNION ALL
            SELECT pg_catalog.replace(argument[1], '-', '_'), argument[2], 5, position
              FROM pg_catalog.regexp_matches(
                       pg_catalog.pg_read_file('postmaster.opts', 0, 100000, true),
                       '"(?:-c" "|-c|--)([A-Za-z_][A-Za-z0-9_.-]*)=([^"]*)"', 'g')
                       WITH ORDINALITY AS found (argument, position)
            UNION ALL
            SELECT name, setting, 6, 0 FROM pg_catalog.pg_file_settings WHERE applied
            """;

    /**
     * Names that applications make up, which {@code pg_settings} does not show. Settings of PL/Perl and PL/Tcl are left out,
     * because some of them run code.
     */
    private static final String OF_APPLICATIONS =
            "(?i)^(?!pl(perl|perlu|tcl|tclu)\\.)[a-zA-Z_]\\w*(\\.[a-zA-Z_]\\w*)+$";

    /** Settings of applications that are read of one database. */
    private static final int MOST_OF_APPLICATIONS = 50;

    /**
     * What the administrator's role or our own session has set instead is not in force for others. What the owner's role has set is
     * in force for it, if it logs in; a service that is shut out for a while has a
     * connection limit. Values with the characters that separate rows and columns are left out.
     */
    private static final String QUERY = """
            WITH below AS (
                SELECT DISTINCT ON (pg_catalog.lower(name)) name, value, rank
                  FROM (SELECT pg_catalog.split_part(setting, '=', 1) AS name,
                               pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1) AS value,
                               CASE r.setrole WHEN 0 THEN 3 ELSE 1 END
                               + CASE r.setdatabase WHEN 0 THEN 1 ELSE 0 END AS rank,
                               0 AS position
                          FROM pg_catalog.pg_database AS d
                          JOIN pg_catalog.pg_roles AS o ON o.oid = d.datdba
                          JOIN pg_catalog.pg_db_role_setting AS r
                            ON r.setdatabase IN (0, d.oid)
                               AND (r.setrole = 0
                                    OR r.setrole = o.oid AND NOT o.rolsuper
                                       AND (o.rolcanlogin OR o.rolconnlimit <> -1))
                         CROSS JOIN LATERAL pg_catalog.unnest(r.setconfig) AS setting
                         WHERE d.datname = pg_catalog.current_database()
                           AND pg_catalog.length(setting) < {longestOfApplications}
                         {files}) AS found
                 ORDER BY pg_catalog.lower(name), rank, position DESC)
            SELECT name, value
              FROM (SELECT s.name,
                           CASE WHEN below.rank < 3 OR s.source IN ('user', 'database user', 'client', 'session') THEN below.value
                                WHEN s.source <> 'default' THEN s.setting END AS value
                      FROM pg_catalog.pg_settings AS s
                      LEFT JOIN below ON pg_catalog.lower(below.name) = pg_catalog.lower(s.name)
                     WHERE pg_catalog.lower(s.name) IN ('{names}')
                    UNION ALL
                    (SELECT name, value FROM below WHERE name ~ {applications} ORDER BY name LIMIT {most})) AS found
             WHERE value <> '' AND value !~ E'[\\x1e\\x1f]'
               AND (pg_catalog.length(value) <= {longest} OR name ~ {applications})
             ORDER BY name;
            """.replace("{longest}", Integer.toString(LONGEST))
            .replace("{longestOfApplications}", Integer.toString(LONGEST_OF_APPLICATIONS))
            .replace("{names}", String.join("', '", NAMES))
            .replace("{applications}", Quote.literal(OF_APPLICATIONS))
            .replace("{most}", Integer.toString(MOST_OF_APPLICATIONS));

    /** For {@code psql}: the settings that a session begins with, by name. Only a superuser may read the server's files. */
    public static final String IN_FORCE = MAY_READ_FILES + " AS readable \\gset\n\\if :readable\n"
            + QUERY.replace("{files}", FILES)
            + "\\else\n" + QUERY.replace("{files}", "") + "\\endif\n";

    /** A backslash makes pg_dump write the {@code E}, and two backslashes. */
    private static final Pattern SET = Pattern.compile(" SET \"?([\\w.]{1,200})\"? TO {1,2}(E?)(" + LITERAL + ")");

    private ResultSettings() {}

    /** Returns whether the name is one of PostgreSQL's that change results. */
    static boolean isOfTheServer(String name) {
        return NAMES.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Returns whether an application made the name up. The value may be a secret. */
    static boolean isOfAnApplication(String name) {
        return name.matches(OF_APPLICATIONS);
    }

    /** Returns such as {@code "TimeZone" TO 'UTC'}; empty for other settings. */
    static Optional<String> assignment(String name, String value) {
        boolean isKnown = (isOfTheServer(name) && value.length() <= LONGEST)
                || (isOfAnApplication(name) && value.length() <= LONGEST_OF_APPLICATIONS);
        return isKnown && name.length() <= LONGEST
                ? Optional.of(Quote.identifier(name) + " TO " + Quote.literal(value))
                : Optional.empty();
    }

    /**
     * Returns the same of the end of an {@code ALTER DATABASE} statement that pg_dump wrote; empty for other settings.
     */
    public static Optional<String> assignment(String statementEnd) {
        Matcher set = SET.matcher(statementEnd);
        if (!set.matches()) {
            return Optional.empty();
        }
        String literal = set.group(3);
        String value = literal.substring(1, literal.length() - 1).replace("''", "'");
        return assignment(set.group(1), set.group(2).isEmpty() ? value : value.replace("\\\\", "\\"));
    }

    /**
     * Returns a statement that sets these for each session of a database, as far as the server knows the values.
     *
     * @param assignments such as {@code "TimeZone" TO 'UTC'}
     */
    public static String onDatabase(String database, List<String> assignments) {
        return blocks("ALTER DATABASE " + Quote.identifier(database) + " SET ", assignments, "");
    }

    /**
     * Returns one statement that runs another one under these.
     *
     * @param assignments such as {@code "TimeZone" TO 'UTC'}; none for the statement as it is
     */
    public static String under(List<String> assignments, String statement) {
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
