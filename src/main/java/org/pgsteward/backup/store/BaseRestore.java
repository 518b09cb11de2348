package org.pgsteward.backup.store;

/** How a base backup is brought back with public tools alone: the lines of the README, for one file. */
public final class BaseRestore {
    private BaseRestore() {}

    /**
     * For a shell of an ordinary user with the programs of that major version on the PATH. The copy runs beside whatever
     * else there is, and neither archives nor subscribes: that is for whoever puts it into service.
     *
     * @param file as the shell finds it; one that ends in {@code .age} is opened first
     */
    public static String lines(String file) {
        String opened = file.endsWith(".age") ? "age -d -i key.txt < " + file + " | zstd -d" : "zstd -d < " + file;
        return """
                mkdir -m 700 restored
                %s | tar -x -C restored
                pg_verifybackup restored
                pg_ctl -D restored -l restored.log -w -o "-p 5433 -c archive_mode=off -c max_logical_replication_workers=0" start
                """.formatted(opened);
    }
}
