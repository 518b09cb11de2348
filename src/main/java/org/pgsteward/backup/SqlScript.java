package org.pgsteward.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A script that {@code pg_dump} or {@code pg_dumpall} wrote, statement by statement. Pure.
 *
 * <p>Split as {@code psql} splits, quotes of three kinds included; its comments are left out, and so is {@code \restrict}
 * with its end, which newer programs write around it all.
 *
 * @param statements without what ends them, in the script's order
 * @param unread why reading stopped before the end; empty when all was read
 */
record SqlScript(List<Statement> statements, String unread) {
    private static final Pattern RESTRICTION = Pattern.compile("\\\\(?:un)?restrict [A-Za-z0-9]+\\s*");

    /**
     * One statement.
     *
     * @param plain whether outside of its quotes there is nothing that the program reads otherwise than a server does: a
     *     backslash, a colon, a dollar, a bracket or a slash. A line for the program itself is a statement that is not
     */
    record Statement(String sql, boolean plain) {}

    static SqlScript of(String script) {
        Reading reading = new Reading(script);
        String unread = reading.split();
        return new SqlScript(List.copyOf(reading.statements), unread);
    }

    /** A name without its quotes. */
    static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }

    private static final class Reading {
        private final String script;
        private final List<Statement> statements = new ArrayList<>();
        private final StringBuilder statement = new StringBuilder();
        private boolean fresh = true;
        private boolean plain = true;
        private int at;

        private Reading(String script) {
            this.script = script;
        }

        /** @return why it stopped, when it did */
        private String split() {
            while (at < script.length()) {
                char c = script.charAt(at);
                if (script.startsWith("--", at)) {
                    skipLine();
                } else if (c == '\\' && fresh) {
                    int from = at;
                    skipLine();
                    if (!RESTRICTION.matcher(script.substring(from, at)).matches()) {
                        statements.add(new Statement(script.substring(from, at), false));
                    }
                } else if (c == '\'' || c == '"') {
                    int from = at;
                    String wrong = quoted(c, isEscaping());
                    if (!wrong.isEmpty()) {
                        return wrong;
                    }
                    statement.append(script, from, at);
                    fresh = false;
                } else if (c == ';') {
                    end();
                    at++;
                } else {
                    plain &= "\\:$()/".indexOf(c) < 0 && (c >= ' ' || Character.isWhitespace(c));
                    fresh &= Character.isWhitespace(c);
                    statement.append(c);
                    at++;
                }
            }
            return fresh ? "" : "a statement without an end";
        }

        private void end() {
            statements.add(new Statement(statement.toString().strip(), plain));
            statement.setLength(0);
            fresh = true;
            plain = true;
        }

        private void skipLine() {
            while (at < script.length() && "\r\n".indexOf(script.charAt(at)) < 0) {
                at++;
            }
        }

        /** Whether a backslash in the text that begins here hides a quote: after an E that stands alone. */
        private boolean isEscaping() {
            int last = statement.length() - 1;
            return last >= 0
                    && Character.toUpperCase(statement.charAt(last)) == 'E'
                    && (last == 0 || !isOfAName(statement.charAt(last - 1)));
        }

        private static boolean isOfAName(char c) {
            return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c >= 128;
        }

        /**
         * Goes to the end of a quote. A text that goes on after its end ({@code 'a' 'b'}) is refused, since its first part
         * decides how the second is quoted.
         */
        private String quoted(char quote, boolean escaping) {
            at++;
            while (at < script.length()) {
                if (escaping && quote == '\'' && script.charAt(at) == '\\') {
                    at += 2;
                } else if (script.charAt(at) != quote) {
                    at++;
                } else if (script.startsWith("" + quote + quote, at)) {
                    at += 2;
                } else {
                    at++;
                    int next = at;
                    while (next < script.length() && Character.isWhitespace(script.charAt(next))) {
                        next++;
                    }
                    return quote == '\'' && script.startsWith("'", next) ? "a text in two parts" : "";
                }
            }
            return "a text without an end";
        }
    }
}
