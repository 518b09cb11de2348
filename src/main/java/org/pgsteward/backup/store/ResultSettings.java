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
 * The settings of a database that change the results of its expressions, and the custom settings of applications, which
 * functions read. The expressions are those of generated columns, indexes, constraints and materialized views. A
 * restore applies the settings before the contents of the dump. Any role may set all of them.
 */
public final class ResultSettings {
    /** An SQL literal of any length, matched without recursion. */
    public static final String LITERAL = "'[^']*+(?:''[^']*+)*+'";

    /** The names of PostgreSQL's settings, in lower case. */
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

    /** The largest number of characters of a value. */
    private static final int LONGEST = Fields.LONGEST;

    /** The largest number of characters of an application's value, which may be a key. */
    private static final int LONGEST_OF_APPLICATIONS = 1 << 16;

    private static final String MAY_READ_FILES =
            "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')"
                    + " AND pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')"
                    + " AND pg_catalog.has_function_privilege("
                    + "'pg_catalog.pg_read_file(text,bigint,bigint,boolean)', 'EXECUTE')";

    /**
     * The settings of the server's command line, and with lower priority those of its files. The command line has each
     * argument in quotes, and the last value of a name applies.
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
     * The names of applications' custom settings, which {@code pg_settings} does not show. Settings of PL/Perl and
     * PL/Tcl are excluded, because some of them run code.
     */
    private static final String OF_APPLICATIONS =
            "(?i)^(?!pl(perl|perlu|tcl|tclu)\\.)[a-zA-Z_]\\w*(\\.[a-zA-Z_]\\w*)+$";

    /** The largest number of applications' settings that are read from one database. */
    private static final int MOST_OF_APPLICATIONS = 50;

    /**
     * The settings in force for the owner. Settings of the administrator's role and of this session do not apply to
     * others, so the next source replaces them. Settings of the owner's role apply if it can log in. They also apply if
     * it has a connection limit, which means that the service is locked out temporarily. Values with the characters
     * that separate rows and columns are excluded.
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

    /**
     * The query for {@code psql}: the settings at the start of a session, by name. Only a superuser may read the
     * server's files.
     */
    public static final String IN_FORCE = MAY_READ_FILES + " AS readable \\gset\n\\if :readable\n"
            + QUERY.replace("{files}", FILES)
            + "\\else\n" + QUERY.replace("{files}", "") + "\\endif\n";

    /**
     * The end of a statement by pg_dump. For a value with a backslash, pg_dump writes {@code E} and doubles the
     * backslash.
     */
    private static final Pattern SET = Pattern.compile(" SET \"?([\\w.]{1,200})\"? TO {1,2}(E?)(" + LITERAL + ")");

    private ResultSettings() {}

    /** Returns whether it is the name of a setting of PostgreSQL that changes results. */
    static boolean isOfTheServer(String name) {
        return NAMES.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Returns whether it is the name of an application's custom setting. Its value may be a secret. */
    static boolean isOfAnApplication(String name) {
        return name.matches(OF_APPLICATIONS);
    }

    /** Returns an assignment such as {@code "TimeZone" TO 'UTC'}; empty for other settings. */
    static Optional<String> assignment(String name, String value) {
        boolean isKnown = (isOfTheServer(name) && value.length() <= LONGEST)
                || (isOfAnApplication(name) && value.length() <= LONGEST_OF_APPLICATIONS);
        return isKnown && name.length() <= LONGEST
                ? Optional.of(Quote.identifier(name) + " TO " + Quote.literal(value))
                : Optional.empty();
    }

    /**
     * Returns the assignment at the end of an {@code ALTER DATABASE} statement by pg_dump; empty for other settings.
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
     * Returns a statement that sets the assignments for each session of a database. Values that the server rejects are
     * skipped.
     *
     * @param assignments such as {@code "TimeZone" TO 'UTC'}
     */
    public static String onDatabase(String database, List<String> assignments) {
        return blocks("ALTER DATABASE " + Quote.identifier(database) + " SET ", assignments, "");
    }

    /**
     * Returns one statement that runs another one under these assignments.
     *
     * @param assignments such as {@code "TimeZone" TO 'UTC'}; none for the unmodified statement
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
