package org.pgsteward.postgres;

/**
 * Quotes of names and text, for statements in which PostgreSQL takes no parameters ({@code CREATE ROLE},
 * {@code CREATE DATABASE}, {@code GRANT}).
 *
 * <p>Source: PostgreSQL 15 manual, sections 4.1.1 and 4.1.2. A name is always quoted, so that case, dashes and reserved
 * words keep their meaning. Neither form can carry the NUL character, so a text with it is refused.
 */
public final class Quote {
    private Quote() {}

    /** Returns {@code "my""app"} for {@code my"app}. */
    public static String identifier(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("cannot quote an empty name");
        }
        return '"' + withoutNul(name).replace("\"", "\"\"") + '"';
    }

    /**
     * Returns {@code 'it''s'} for {@code it's}. A text with a backslash gets the {@code E''} form, which does not
     * depend on the server's settings.
     */
    public static String literal(String text) {
        String doubled = withoutNul(text).replace("'", "''");
        return doubled.indexOf('\\') < 0 ? '\'' + doubled + '\'' : " E'" + doubled.replace("\\", "\\\\") + '\'';
    }

    /**
     * Returns a value for {@code --dbname}, where a name with an equals sign would be parsed as a connection string.
     */
    public static String conninfo(String database) {
        return "dbname='" + withoutNul(database).replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static String withoutNul(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name or text contains the NUL character");
        }
        return text;
    }
}
