package org.pgsteward.backup.store;

/** The commands that restore a base backup with public tools alone, as in {@code src/docs/restore.md}, for one file. */
public final class BaseRestore {
    private BaseRestore() {}

    /**
     * Returns the commands for the shell of an ordinary user with the programs of the same major version on the PATH.
     * The copy runs beside other servers, without archiving and subscriptions: the operator enables them when the copy
     * goes into service.
     *
     * @param file as a word of the shell; a file that ends in {@code .age} is decrypted first
     */
    public static String lines(String file) {
        return unpacking(file.endsWith(".age") ? "age -d -i key.txt < " + file + " | zstd -d" : "zstd -d < " + file);
    }

    /** Returns the commands for a command that writes the plain archive to its output. */
    static String unpacking(String opened) {
        return """
                mkdir -m 700 restored
                %s | tar -x -C restored
                pg_verifybackup restored
                pg_ctl -D restored -l restored.log -w -o "-p 5433 -c archive_mode=off -c max_logical_replication_workers=0" start
                """.formatted(opened);
    }
}
