package org.pgsteward.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The statements of a file of globals, if they are such as {@code pg_dumpall --globals-only} writes. Pure.
 *
 * <p>The file is run by {@code psql} as a superuser, and to {@code psql} a line may say {@code \!} as well: run a program.
 * So whoever can write into the store could run one wherever the file is tried. Hence the opposite of a blacklist: a
 * statement has one of few forms, and outside its quotes nothing that {@code psql} reads otherwise than SQL.
 *
 * <ol>
 *   <li>Split as {@code psql} splits, on bytes: quotes of three kinds, comments to the end of the line, semicolons.
 *   <li>A backslash, a colon, a dollar, a bracket or a slash outside of quotes is refused, and so is a text that goes on
 *       after its end ({@code 'a' 'b'}), whose quoting the first part decides.
 *   <li>Comments are left out, and so is {@code \restrict} with its end, which newer programs write around it all.
 *   <li>What is left has to match one of {@link #FORMS}.
 * </ol>
 */
final class GlobalsScript {
    private static final String NAME = "(?:[a-z_][a-z0-9_]*|\"(?:[^\"]|\"\")+\")";
    private static final String TEXT = "(?: ?E)?'.*'";

    /** Client encodings in which a byte of a letter may be a backslash or a quote are not among them. */
    private static final String ENCODING = "'(?:UTF8|SQL_ASCII|LATIN\\d+|ISO_8859_\\d|WIN\\d+|KOI8[RU]|EUC_\\w+)'";

    private static final List<Pattern> FORMS = List.of(
            form("SET default_transaction_read_only = off"),
            form("SET client_encoding = " + ENCODING),
            form("SET standard_conforming_strings = on"),
            form("SET escape_string_warning = off"),
            form("CREATE ROLE (" + NAME + ")"),
            form("ALTER ROLE (" + NAME + ") WITH [A-Z ]+(?:-?\\d+)?(?: PASSWORD " + TEXT + ")?(?: VALID UNTIL " + TEXT
                    + ")?"),
            form("ALTER ROLE (" + NAME + ") SET " + NAME + "(?:\\." + NAME + ")* TO .+"),
            form("COMMENT ON ROLE (" + NAME + ") IS " + TEXT),
            form("GRANT (" + NAME + ") TO " + NAME + "(?: WITH [A-Z, ]+)?(?: GRANTED BY " + NAME + ")?"),
            form("(?:GRANT|REVOKE) [A-Z, ]+ ON PARAMETER " + NAME + "(?:\\." + NAME + ")* (?:TO|FROM) (?:PUBLIC|" + NAME
                    + ")(?: WITH GRANT OPTION)?"));

    /** Labels belong to a module that only the server that had it has loaded. */
    private static final Pattern LABEL =
            form("SECURITY LABEL FOR " + NAME + " ON ROLE (" + NAME + ") IS (?:NULL|" + TEXT + ")");

    /** In a cluster whose first superuser is called otherwise, nobody may grant in the name of the old one. */
    private static final Pattern GRANTOR = Pattern.compile("(GRANT .*) GRANTED BY " + NAME, Pattern.DOTALL);

    private static final Pattern RESTRICTION = Pattern.compile("\\\\(?:un)?restrict [A-Za-z0-9]+\\s*");

    private final String sql;
    private final Set<String> untouchable;
    private final List<String> statements = new ArrayList<>();
    private int at;

    private GlobalsScript(String sql, Set<String> untouchable) {
        this.sql = sql;
        this.untouchable = untouchable;
    }

    /**
     * @param sql byte by byte, as ISO 8859-1 reads it
     * @param untouchable roles that it must not be about, since those who run it log in as them
     * @return the statements, without semicolons
     * @throws Refused with the number of the statement, and no more of it than its first words
     */
    static List<String> statements(String sql, Set<String> untouchable) throws Refused {
        GlobalsScript script = new GlobalsScript(sql, untouchable);
        script.split();
        return script.statements;
    }

    private void split() throws Refused {
        StringBuilder statement = new StringBuilder();
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (sql.startsWith("--", at)) {
                skipLine();
            } else if (c == '\\' && statement.toString().isBlank()) {
                int from = at;
                skipLine();
                if (!RESTRICTION.matcher(sql.substring(from, at)).matches()) {
                    throw refused("\\");
                }
            } else if (c == '\'' || c == '"') {
                statement.append(quoted(c, isEscaping(statement)));
            } else if (c == ';') {
                end(statement.toString().strip());
                statement.setLength(0);
                at++;
            } else if ("\\:$()/".indexOf(c) >= 0 || (c < ' ' && !Character.isWhitespace(c))) {
                throw refused(statement.toString());
            } else {
                statement.append(c);
                at++;
            }
        }
        if (!statement.toString().isBlank()) {
            throw refused(statement.toString());
        }
    }

    private void skipLine() {
        while (at < sql.length() && "\r\n".indexOf(sql.charAt(at)) < 0) {
            at++;
        }
    }

    /** Whether a backslash in the text that begins here hides a quote: after an E that stands alone. */
    private static boolean isEscaping(StringBuilder before) {
        int last = before.length() - 1;
        return last >= 0
                && Character.toUpperCase(before.charAt(last)) == 'E'
                && (last == 0 || !isOfAName(before.charAt(last - 1)));
    }

    private static boolean isOfAName(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c >= 128;
    }

    private String quoted(char quote, boolean escaping) throws Refused {
        int from = at++;
        while (at < sql.length()) {
            if (escaping && sql.charAt(at) == '\\') {
                at += 2;
            } else if (sql.charAt(at) != quote) {
                at++;
            } else if (sql.startsWith("" + quote + quote, at)) {
                at += 2;
            } else {
                at++;
                int next = at;
                while (next < sql.length() && Character.isWhitespace(sql.charAt(next))) {
                    next++;
                }
                if (quote == '\'' && sql.startsWith("'", next)) {
                    throw refused("a text in two parts");
                }
                return sql.substring(from, at);
            }
        }
        throw refused("a text without an end");
    }

    private void end(String statement) throws Refused {
        if (LABEL.matcher(statement).matches()) {
            return;
        }
        for (Pattern form : FORMS) {
            Matcher matcher = form.matcher(statement);
            if (matcher.matches()) {
                if (matcher.groupCount() > 0
                        && matcher.group(1) != null
                        && untouchable.contains(plain(matcher.group(1)))) {
                    throw refused(statement);
                }
                Matcher grantor = GRANTOR.matcher(statement);
                statements.add(grantor.matches() ? grantor.group(1) : statement);
                return;
            }
        }
        throw refused(statement);
    }

    private static String plain(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }

    private Refused refused(String statement) {
        Matcher words = Pattern.compile("\\s*([A-Za-z\\\\]+(?: [A-Z]+)?).*", Pattern.DOTALL)
                .matcher(statement);
        return new Refused("statement " + (statements.size() + 1) + " is none that pg_dumpall writes"
                + (words.matches() ? " (" + words.group(1).toUpperCase(Locale.ROOT) + " ...)" : ""));
    }

    private static Pattern form(String form) {
        return Pattern.compile(form, Pattern.DOTALL);
    }

    /** Something in it is not what a file of globals holds. */
    static final class Refused extends Exception {
        Refused(String message) {
            super(message);
        }
    }
}
