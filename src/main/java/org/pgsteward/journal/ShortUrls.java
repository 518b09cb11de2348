package org.pgsteward.journal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * Connections with metadata that return the URL without its parameters. Flyway removes passwords from the URL by
 * regular expressions, which take a time that grows with the square of the URL's length. For pgsteward's URL of 1,100
 * characters they take 60 ms a time, and 300 ms in a JVM that has just started. Flyway applies them several times a
 * migration.
 */
final class ShortUrls {
    private ShortUrls() {}

    static DataSource of(DataSource source) {
        return with(
                DataSource.class,
                source,
                "getConnection",
                connection -> with(
                        Connection.class,
                        connection,
                        "getMetaData",
                        metadata -> with(
                                DatabaseMetaData.class,
                                metadata,
                                "getURL",
                                url -> url.toString().split("\\?", 2)[0])));
    }

    /** Returns a proxy of {@code target} that applies {@code change} to the results of {@code method}. */
    private static <T> T with(Class<T> type, Object target, String method, UnaryOperator<Object> change) {
        return type.cast(Proxy.newProxyInstance(
                ShortUrls.class.getClassLoader(), new Class<?>[] {type}, (proxy, called, arguments) -> {
                    try {
                        Object result = called.invoke(target, arguments);
                        return called.getName().equals(method) ? change.apply(Objects.requireNonNull(result)) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
