package org.pgsteward.backup.restore;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.io.Threads;
import org.pgsteward.postgres.ClientProgram;

/** Lists the entries of a dump, restores single entries as far as possible, and writes entries as SQL. */
final class TableOfContents {
    /**
     * The entries that are restored after all others, as lines of {@code pg_restore --list}. A name cannot begin a
     * line, since line breaks in names are not printed. A publication may need more rights than its owner has.
     */
    static final Pattern AFTERWARDS = Pattern.compile(
            "\\d+; \\d+ \\d+ (PUBLICATION"
                    + "|COMMENT (?!- (EXTENSION|DATABASE|EVENT TRIGGER|FOREIGN DATA WRAPPER) )).*",
            Pattern.DOTALL);

    /** The limit of SQL that is read at once, in bytes; the text of a function may have any size. */
    private static final int LARGEST_TEXT = 2 * 1024 * 1024;

    private final RestoreSite site;
    private final Path folder;

    /**
     * @param folder the folder for lists of entries, where PostgreSQL's programs can read them; it is removed with its
     *     restore
     */
    TableOfContents(RestoreSite site, Path folder) {
        this.site = site;
        this.folder = folder;
    }

    /** Returns the output of {@code pg_restore --list}. */
    String list(StoredFile file, String database) throws IOException, InterruptedException {
        return run(file, database, List.of("--list"));
    }

    /** Writes a list for {@code --use-list}. */
    Path write(String name, String entries) throws IOException {
        Path list = Files.writeString(folder.resolve(name), entries);
        Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-r--r--"));
        return list;
    }

    /**
     * Restores the entries whose lines match {@code wanted}; a failed entry does not stop the others.
     *
     * @param list the output of {@link #list}
     * @return the entries that could not be restored, one line each
     */
    List<String> restore(StoredFile file, String database, String list, Pattern wanted)
            throws IOException, InterruptedException {
        String entries = matching(list, wanted);
        if (entries.isBlank()) {
            return List.of();
        }
        List<String> options = List.of("--no-owner", "--use-list=" + write("afterwards", entries));
        try (ClientProgram program = site.restoring(database, options)) {
            pour(file, program.input());
            ClientProgram.Ended ended = program.awaitEnd();
            List<String> lines = RestoreErrors.of(ended.errors()).lines();
            if (ended.exitCode() != 0 && lines.isEmpty()) {
                throw new IOException("cannot restore comments: " + String.join("; ", ended.errors()));
            }
            return lines;
        }
    }

    /**
     * Returns entries as SQL.
     *
     * @param entries lines of {@link #list}
     * @throws TooLong if the SQL is larger than the limit in memory
     */
    String sql(StoredFile file, String database, List<String> entries, List<String> options)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(options);
        String numbers = entries.stream().map(TableOfContents::number).collect(Collectors.joining("\n", "", "\n"));
        all.addAll(List.of("--file=-", "--use-list=" + write("sql", numbers)));
        try (ClientProgram program = site.restoring(database, all)) {
            Thread input = Threads.start("pg_restore-input", 256 * 1024, () -> pour(file, program.input()));
            byte[] text = program.output().readNBytes(LARGEST_TEXT + 1);
            if (text.length > LARGEST_TEXT) {
                throw new TooLong();
            }
            program.awaitSuccess();
            input.join();
            return new String(text, charset(file));
        }
    }

    /** The failure of a reading that exceeds the limit of SQL in memory. */
    static final class TooLong extends IOException {
        TooLong() {
            super("more than " + LARGEST_TEXT + " bytes of SQL");
        }
    }

    /** Reads the statements that create the database, and the entries that match {@code wanted}, as SQL. */
    void script(StoredFile file, String database, Pattern wanted, SqlSplitter splitter)
            throws IOException, InterruptedException {
        String entries = matching(run(file, database, List.of("--list", "--create")), wanted);
        List<String> options = List.of("--create", "--file=-", "--use-list=" + write("properties", entries));
        try (ClientProgram program = site.restoring(database, options)) {
            program.answer(stdin -> pour(file, stdin), stdout -> {
                Reader script = new InputStreamReader(stdout, charset(file));
                char[] some = new char[8192];
                for (int read = script.read(some); read >= 0; read = script.read(some)) {
                    for (int at = 0; at < read; at++) {
                        splitter.accept(some[at]);
                    }
                }
                return splitter.end();
            });
        }
    }

    /**
     * Returns whether the dump grants a privilege on a foreign-data wrapper. An owner needs it to create foreign
     * servers.
     */
    static boolean grantsWrapper(String list, String wrapper) {
        return list.lines().anyMatch(line -> line.contains(" ACL - FOREIGN DATA WRAPPER " + wrapper + " "));
    }

    /**
     * Returns the numbers of the matching lines. pg_restore reads only the number of a line, and the names may be in
     * any encoding.
     */
    private static String matching(String list, Pattern wanted) {
        return list.lines()
                .filter(line -> wanted.matcher(line).matches())
                .map(TableOfContents::number)
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String number(String line) {
        return line.substring(0, line.indexOf(';') + 1);
    }

    /** Returns the encoding of the names in all output about the dump: the encoding of the dumped database. */
    static Charset charset(StoredFile file) {
        return GlobalsReading.charset(file.manifest().contents().surroundings().encoding());
    }

    private String run(StoredFile file, String database, List<String> options)
            throws IOException, InterruptedException {
        try (ClientProgram program = site.restoring(database, options)) {
            return program.answer(charset(file), stdin -> pour(file, stdin));
        }
    }

    private static void pour(StoredFile file, OutputStream stdin) {
        try (stdin;
                InputStream plain = file.plain()) {
            plain.transferTo(stdin);
        } catch (IOException e) {
            // pg_restore has read enough, or it failed. Its exit code shows which.
            return;
        }
    }
}
