package org.pgsteward.backup;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a dump says of the database itself rather than of what is in it.
 *
 * @param like the words that make a database like it, for the end of {@code CREATE DATABASE}
 * @param statements what was set on it and granted, under the name that it had
 */
record DatabaseProperties(String like, List<String> statements) {
    private static final Pattern ENTRIES = Pattern.compile("\\d+; \\d+ \\d+ (ACL|COMMENT) - DATABASE .*");

    /** Names of encodings and locales, as PostgreSQL writes them. */
    private static final Pattern OPTION =
            Pattern.compile(" (ENCODING|LOCALE|LC_COLLATE|LC_CTYPE|ICU_LOCALE|BUILTIN_LOCALE"
                    + "|LOCALE_PROVIDER) = ('[\\w.@ -]+'|\\w+)");

    private static final Pattern SET_OR_GRANTED = Pattern.compile(
            "(ALTER DATABASE .+ (SET|CONNECTION LIMIT) .*|ALTER ROLE .+ IN DATABASE .+ SET .*"
                    + "|(GRANT|REVOKE) [A-Z, ]+ ON DATABASE .*|COMMENT ON DATABASE .*)",
            Pattern.DOTALL);

    static DatabaseProperties of(TableOfContents contents, StoredFile file, String database)
            throws IOException, InterruptedException {
        StringBuilder like = new StringBuilder();
        List<String> statements = new ArrayList<>();
        for (String sql : GlobalsPlan.statements(contents.script(file, database, ENTRIES))) {
            if (sql.startsWith("CREATE DATABASE ")) {
                Matcher options = OPTION.matcher(sql);
                while (options.find()) {
                    like.append(' ').append(options.group(1)).append(' ').append(options.group(2));
                }
            } else if (SET_OR_GRANTED.matcher(sql).matches()) {
                statements.add(sql);
            }
        }
        return new DatabaseProperties(like.toString(), List.copyOf(statements));
    }

    /** @return what could not be set or granted, one line each */
    List<String> restore(Connection connection) throws SQLException {
        List<String> refused = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                try {
                    statement.execute(sql);
                } catch (SQLException e) {
                    refused.add(sql + ": " + e.getMessage());
                }
            }
        }
        return refused;
    }
}
