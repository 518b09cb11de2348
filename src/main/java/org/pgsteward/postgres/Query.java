package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Runner of single statements with parameters. A parameter is a value that JDBC accepts, an {@link Instant} for a
 * {@code timestamptz}, or a collection of texts for an array. A statement without parameters is not prepared, so
 * PostgreSQL keeps no plan of it however often a session runs it.
 */
public final class Query {
    /** SQLSTATE no_data. */
    private static final String NO_DATA = "02000";

    private Query() {}

    /** A reader of one row. */
    @FunctionalInterface
    public interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Returns all rows, over a connection of its own. */
    public static <T> List<T> list(DataSource source, String sql, Row<T> row, @Nullable Object... parameters)
            throws SQLException {
        try (Connection connection = source.getConnection()) {
            return list(connection, sql, row, parameters);
        }
    }

    /** Returns all rows. */
    public static <T> List<T> list(Connection connection, String sql, Row<T> row, @Nullable Object... parameters)
            throws SQLException {
        return read(
                connection,
                sql,
                rows -> {
                    List<T> list = new ArrayList<>();
                    while (rows.next()) {
                        list.add(row.read(rows));
                    }
                    return list;
                },
                parameters);
    }

    /** Returns all rows as a map in the order of its keys, over a connection of its own. */
    public static <K extends Comparable<K>, V> SortedMap<K, V> map(
            DataSource source, String sql, Row<K> key, Row<V> value, @Nullable Object... parameters)
            throws SQLException {
        try (Connection connection = source.getConnection()) {
            return map(connection, sql, key, value, parameters);
        }
    }

    /** Returns all rows as a map in the order of its keys. If rows have the same key, the last one counts. */
    public static <K extends Comparable<K>, V> SortedMap<K, V> map(
            Connection connection, String sql, Row<K> key, Row<V> value, @Nullable Object... parameters)
            throws SQLException {
        return read(
                connection,
                sql,
                rows -> {
                    SortedMap<K, V> map = new TreeMap<>();
                    while (rows.next()) {
                        map.put(key.read(rows), value.read(rows));
                    }
                    return map;
                },
                parameters);
    }

    /** Returns the first row, over a connection of its own. */
    public static <T> Optional<T> first(DataSource source, String sql, Row<T> row, @Nullable Object... parameters)
            throws SQLException {
        try (Connection connection = source.getConnection()) {
            return first(connection, sql, row, parameters);
        }
    }

    /** Returns the first row. */
    public static <T> Optional<T> first(Connection connection, String sql, Row<T> row, @Nullable Object... parameters)
            throws SQLException {
        return read(connection, sql, rows -> rows.next() ? Optional.of(row.read(rows)) : Optional.empty(), parameters);
    }

    /**
     * Returns the first row of a statement that always has one.
     *
     * @throws SQLException if it has none
     */
    public static <T> T one(Connection connection, String sql, Row<T> row, @Nullable Object... parameters)
            throws SQLException {
        return read(
                connection,
                sql,
                rows -> {
                    if (!rows.next()) {
                        throw new SQLException("the statement returned no row", NO_DATA);
                    }
                    return row.read(rows);
                },
                parameters);
    }

    /** Reads the rows of a statement with a reader of the whole result set. */
    public static <T> T read(Connection connection, String sql, Row<T> rows, @Nullable Object... parameters)
            throws SQLException {
        if (parameters.length == 0) {
            try (Statement statement = connection.createStatement();
                    ResultSet read = statement.executeQuery(sql)) {
                return rows.read(read);
            }
        }
        try (PreparedStatement statement = prepared(connection, sql, parameters);
                ResultSet read = statement.executeQuery()) {
            return rows.read(read);
        }
    }

    /** Runs a statement over a connection of its own. */
    public static void run(DataSource source, String sql, @Nullable Object... parameters) throws SQLException {
        try (Connection connection = source.getConnection()) {
            run(connection, sql, parameters);
        }
    }

    /** Runs one statement, or several if there are no parameters, and ignores the rows that it returns. */
    public static void run(Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
        if (parameters.length == 0) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
            return;
        }
        try (PreparedStatement statement = prepared(connection, sql, parameters)) {
            statement.execute();
        }
    }

    /** Returns the time in a column that is never null. */
    public static Instant time(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** Returns the time in a column; empty if it is null. */
    public static Optional<Instant> timeIfAny(ResultSet row, int column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    private static PreparedStatement prepared(Connection connection, String sql, @Nullable Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < parameters.length; i++) {
                Object parameter = parameters[i];
                if (parameter instanceof Instant at) {
                    statement.setObject(i + 1, at.atOffset(ZoneOffset.UTC));
                } else if (parameter instanceof Collection<?> texts) {
                    statement.setArray(i + 1, connection.createArrayOf("text", texts.toArray()));
                } else if (parameter == null) {
                    statement.setString(i + 1, null);
                } else {
                    statement.setObject(i + 1, parameter);
                }
            }
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }
}
