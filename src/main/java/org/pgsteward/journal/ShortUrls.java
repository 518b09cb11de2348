package org.pgsteward.journal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * Connections whose metadata returns the URL without its parameters. Flyway removes passwords from the URL by regular
 * expressions whose time grows with the square of its length: for our URL of 1,100 characters 60 ms a time, and 300 ms in a
 * JVM that has just started. Flyway does so several times a migration.
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

    /** Returns {@code target} as it is, except that {@code change} is applied to the results of {@code method}. */
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
