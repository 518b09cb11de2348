package org.pgsteward.provision;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A list of names for the {@code text[]} parameters of a statement.
 *
 * @param names null for all names
 */
record NameFilter(Connection connection, @Nullable Array names) {
    static NameFilter all(Connection connection) {
        return new NameFilter(connection, null);
    }

    static NameFilter of(Connection connection, Collection<String> names) throws SQLException {
        return new NameFilter(connection, connection.createArrayOf("text", names.toArray()));
    }

    /** Returns whether all names pass. */
    boolean isForAll() {
        return names == null;
    }

    /** Prepares a statement with the names as each of its parameters. */
    PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        int parameters = (int) sql.chars().filter(character -> character == '?').count();
        for (int i = 1; i <= parameters; i++) {
            statement.setArray(i, names);
        }
        return statement;
    }
}
