package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The memory of the server's container, read from the kernel's files.
 *
 * @param limit in bytes; at least 2^50 without a limit, or if the files cannot be read
 * @param taken bytes that the kernel cannot reclaim: private memory of all processes, and shared memory
 */
public record ContainerMemory(long limit, long taken) {
    /** The most characters that are read of a file; each has less than 4 kB. */
    private static final int MOST_CHARACTERS = 16_000;

    /**
     * Two columns for {@link #of(String, String)}: files of control groups, version 2 or 1; NULL if neither exists. To
     * read them, the role must be a superuser or a member of {@code pg_read_server_files}.
     */
    public static final String COLUMNS = """
            COALESCE(pg_catalog.pg_read_file('/sys/fs/cgroup/memory.max', 0, %1$d, true),
                     pg_catalog.pg_read_file('/sys/fs/cgroup/memory/memory.limit_in_bytes', 0, %1$d, true)),
            COALESCE(pg_catalog.pg_read_file('/sys/fs/cgroup/memory.stat', 0, %1$d, true),
                     pg_catalog.pg_read_file('/sys/fs/cgroup/memory/memory.stat', 0, %1$d, true))
            """.formatted(MOST_CHARACTERS);

    private static final Pattern PROCESSES = Pattern.compile("^(?:anon|total_rss) (\\d{1,18})$", Pattern.MULTILINE);
    private static final Pattern SHARED = Pattern.compile("^(?:total_)?shmem (\\d{1,18})$", Pattern.MULTILINE);
    private static final Pattern LIMIT = Pattern.compile("(\\d{1,18})\\s*");

    /** Without a limit, version 1 has a number near 2^63. */
    private static final long NO_LIMIT = 1L << 50;

    /** Parses the contents of the two files. */
    public static ContainerMemory of(@Nullable String limit, @Nullable String statistics) {
        Matcher number = LIMIT.matcher(limit == null ? "" : limit);
        return new ContainerMemory(
                number.matches() ? Long.parseLong(number.group(1)) : NO_LIMIT,
                number(PROCESSES, statistics) + number(SHARED, statistics));
    }

    /**
     * Reads the files over a connection.
     *
     * @throws SQLException if PostgreSQL is unavailable, or denies access to the files
     */
    public static ContainerMemory read(Connection connection) throws SQLException {
        return Query.one(connection, "SELECT " + COLUMNS, row -> of(row.getString(1), row.getString(2)));
    }

    private static long number(Pattern line, @Nullable String text) {
        Matcher number = line.matcher(text == null ? "" : text);
        return number.find() ? Long.parseLong(number.group(1)) : 0;
    }
}
