package org.pgsteward.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of a globals dump makes roles, statement by statement. Pure.
 *
 * <p>It is read here and not by {@code psql}, which would obey a line that begins with a backslash; and only what makes
 * roles and their memberships is among the steps, whatever else the file holds.
 *
 * @param steps in the file's order
 * @param strange statements of no known form, which are not run
 */
record GlobalsPlan(List<Step> steps, List<String> strange) {
    private static final String NAME = "(\"(?:[^\"]|\"\")+\"|[^\\s;\"]+)";
    private static final Pattern CREATE = Pattern.compile("CREATE ROLE " + NAME);
    private static final Pattern ALTER = Pattern.compile("ALTER ROLE " + NAME + " (WITH|SET|RESET) .*", Pattern.DOTALL);
    private static final Pattern COMMENT = Pattern.compile("COMMENT ON ROLE " + NAME + " IS .*", Pattern.DOTALL);
    private static final Pattern GRANT = Pattern.compile("GRANT " + NAME + " TO " + NAME + "( .*)?", Pattern.DOTALL);
    private static final Pattern ON_PARAMETER =
            Pattern.compile("(GRANT|REVOKE) .* ON PARAMETER " + NAME + " .*", Pattern.DOTALL);
    private static final Pattern OF_THE_SESSION = Pattern.compile("SET \\S+ = .*");

    /** Ours: they are made anew when they are wanted. */
    private static final Pattern OURS = Pattern.compile("pgsteward_(restore|recovery).*");

    private static final int SHOWN_CHARACTERS = 60;

    /**
     * One statement.
     *
     * @param created the role that it creates; empty for any other statement
     */
    record Step(String sql, String created) {}

    /** @param kept roles that stay as the new server has them: the administrator, with his password */
    static GlobalsPlan of(String script, Set<String> kept) {
        List<Step> steps = new ArrayList<>();
        List<String> strange = new ArrayList<>();
        for (String sql : statements(script)) {
            Matcher create = CREATE.matcher(sql);
            Matcher alter = ALTER.matcher(sql);
            Matcher comment = COMMENT.matcher(sql);
            Matcher grant = GRANT.matcher(sql);
            if (create.matches()) {
                if (!isKept(create.group(1), kept)) {
                    steps.add(new Step(sql, unquoted(create.group(1))));
                }
            } else if (alter.matches() || comment.matches()) {
                if (!isKept(alter.matches() ? alter.group(1) : comment.group(1), kept)) {
                    steps.add(new Step(sql, ""));
                }
            } else if (grant.matches()) {
                if (!isKept(grant.group(2), kept)) {
                    steps.add(new Step(sql, ""));
                }
            } else if (ON_PARAMETER.matcher(sql).matches()) {
                steps.add(new Step(sql, ""));
            } else if (!OF_THE_SESSION.matcher(sql).matches()) {
                strange.add(sql.substring(0, Math.min(sql.length(), SHOWN_CHARACTERS)));
            }
        }
        return new GlobalsPlan(List.copyOf(steps), List.copyOf(strange));
    }

    private static boolean isKept(String quoted, Set<String> kept) {
        String name = unquoted(quoted);
        return kept.contains(name) || OURS.matcher(name).matches();
    }

    private static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }

    /** Without comments, the lines of psql, and what ends them. A semicolon in quotes ends nothing. */
    static List<String> statements(String script) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < script.length(); i++) {
            char c = script.charAt(i);
            boolean fresh = statement.toString().isBlank();
            if (quote != 0) {
                statement.append(c);
                // A doubled one closes and opens again, which comes to the same.
                quote = c == quote ? 0 : quote;
            } else if (fresh && (c == '\\' || script.startsWith("--", i))) {
                int end = script.indexOf('\n', i);
                i = end < 0 ? script.length() : end;
            } else if (c == ';') {
                statements.add(statement.toString().strip());
                statement.setLength(0);
            } else {
                quote = c == '\'' || c == '"' ? c : 0;
                statement.append(c);
            }
        }
        if (!statement.toString().isBlank()) {
            statements.add(statement.toString().strip());
        }
        return statements;
    }
}
