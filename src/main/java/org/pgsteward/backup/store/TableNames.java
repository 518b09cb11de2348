package org.pgsteward.backup.store;

/**
 * The names of tables in a manifest. They become part of the SQL that counts rows, which psql reads. A name with a line
 * break and a backslash outside of quotes would be a command of psql, which can run programs.
 */
final class TableNames {
    private TableNames() {}

    /** Returns whether the name consists of identifiers separated by dots, each plain or within double quotes. */
    static boolean isQuoted(String name) {
        int at = 0;
        while (true) {
            int end = at < name.length() && name.charAt(at) == '"' ? quoted(name, at + 1) : plain(name, at);
            if (end <= at) {
                return false;
            }
            if (end == name.length()) {
                return true;
            }
            if (name.charAt(end) != '.') {
                return false;
            }
            at = end + 1;
        }
    }

    private static int plain(String name, int from) {
        int at = from;
        while (at < name.length() && isPlain(name.charAt(at))) {
            at++;
        }
        return at;
    }

    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }

    /** Returns the end of the identifier that began before {@code from}; -1 if it does not end. */
    private static int quoted(String name, int from) {
        for (int at = from; at < name.length(); at++) {
            char c = name.charAt(at);
            if (c == 0) {
                return -1;
            }
            if (c == '"') {
                if (at + 1 == name.length() || name.charAt(at + 1) != '"') {
                    return at + 1;
                }
                at++;
            }
        }
        return -1;
    }
}
