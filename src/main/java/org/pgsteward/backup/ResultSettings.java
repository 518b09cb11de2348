package org.pgsteward.backup;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.postgres.Quote;

/**
 * The settings of a database that change the results of its expressions: those of generated columns, indexes, constraints and
 * materialized views. A restore applies them before anything of the dump is there. All of them may be set by any role.
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

    /** The database's own, by name. */
    static final String OF_THE_DATABASE = """
            SELECT pg_catalog.split_part(setting, '=', 1),
                   pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1)
              FROM pg_catalog.pg_db_role_setting AS s
              JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database()
             CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS setting
             WHERE s.setrole = 0 AND pg_catalog.length(setting) < %d
               AND pg_catalog.lower(pg_catalog.split_part(setting, '=', 1)) IN ('%s')
             ORDER BY 1
            """.formatted(LONGEST, String.join("', '", NAMES));

    private static final Pattern SET = Pattern.compile(" SET \"?(\\w{1,63})\"? TO ('(?:[^']|'')*')");

    private ResultSettings() {}

    /** Returns such as {@code "TimeZone" TO 'UTC'}; empty for other settings. */
    static Optional<String> assignment(String name, String value) {
        return NAMES.contains(name.toLowerCase(Locale.ROOT)) && value.length() <= LONGEST
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

    /** Returns statements that set these for each session of a database, one statement each. */
    static List<String> onDatabase(String database, List<String> assignments) {
        return assignments.stream()
                .map(assignment -> "ALTER DATABASE " + Quote.identifier(database) + " SET " + assignment)
                .toList();
    }
}
