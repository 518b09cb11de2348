package org.pgsteward.postgres;

/**
 * Quotes names and text for the statements in which PostgreSQL takes no parameters ({@code CREATE ROLE},
 * {@code CREATE DATABASE}, {@code GRANT}).
 *
 * <p>Source: PostgreSQL 15 manual, sections 4.1.1 and 4.1.2. A name is always quoted, so that case, dashes and reserved
 * words mean what was written. Neither form can carry the NUL character; it is refused.
 */
public final class Quote {
    private Quote() {}

    /** {@code my"app} becomes {@code "my""app"}. */
    public static String identifier(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("an empty name cannot be quoted");
        }
        return '"' + withoutNul(name).replace("\"", "\"\"") + '"';
    }

    /** {@code it's} becomes {@code 'it''s'}; a backslash switches to the {@code E''} form, whatever the server's setting. */
    public static String literal(String text) {
        String doubled = withoutNul(text).replace("'", "''");
        return doubled.indexOf('\\') < 0 ? '\'' + doubled + '\'' : " E'" + doubled.replace("\\", "\\\\") + '\'';
    }

    /** For {@code --dbname}, where a name with an equals sign in it would be taken for more than a name. */
    public static String conninfo(String database) {
        return "dbname='" + withoutNul(database).replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static String withoutNul(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name or text holds the NUL character");
        }
        return text;
    }
}
