package org.pgsteward.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.postgres.ClientProgram;

/**
 * Restores single entries of a dump: what goes with the data and is restored as far as it goes. Rights may be of roles
 * that are gone, a publication may want more than its owner has, and row security may hide from him what a materialized
 * view is filled with.
 */
final class TableOfContents {
    /** What a materialized view holds, which is made again from the tables. */
    private static final Pattern VIEWS_CONTENTS =
            Pattern.compile("\\d+; \\d+ \\d+ MATERIALIZED VIEW DATA .*", Pattern.DOTALL);

    /** Lines of {@code pg_restore --list}; a name cannot begin one, since line ends in names are not written. */
    static final Pattern AFTERWARDS = Pattern.compile(
            "\\d+; \\d+ \\d+ (ACL(?! - FOREIGN DATA WRAPPER )|DEFAULT ACL|PUBLICATION|MATERIALIZED VIEW DATA"
                    + "|COMMENT (?!- (EXTENSION|DATABASE|EVENT TRIGGER|FOREIGN DATA WRAPPER) )).*",
            Pattern.DOTALL);

    private static final int KEPT_CHARACTERS = 400;

    private final RestoreSite site;
    private final Path folder;

    /** @param folder for lists of entries, where PostgreSQL's programs can read them; it goes with its restore */
    TableOfContents(RestoreSite site, Path folder) {
        this.site = site;
        this.folder = folder;
    }

    /** What {@code pg_restore --list} prints. */
    String list(StoredFile file, String database) throws IOException, InterruptedException {
        return run(file, database, List.of("--list"));
    }

    /** For {@code --use-list}. */
    Path write(String name, String entries) throws IOException {
        Path list = Files.writeString(folder.resolve(name), entries);
        Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-r--r--"));
        return list;
    }

    /**
     * Restores the entries whose lines {@code wanted} matches, each by itself.
     *
     * @param list what {@link #list} says of the file
     * @return what could not be restored, in one line; none when all of it was
     */
    List<String> restore(StoredFile file, String database, String list, Pattern wanted)
            throws IOException, InterruptedException {
        String entries = matching(list, wanted);
        if (entries.isBlank()) {
            return List.of();
        }
        try {
            run(file, database, List.of("--no-owner", "--use-list=" + write("rights", entries)));
            return List.of();
        } catch (IOException e) {
            String said = String.valueOf(e.getMessage());
            return List.of("some rights, comments or contents of materialized views could not be restored: "
                    + said.substring(0, Math.min(said.length(), KEPT_CHARACTERS)));
        }
    }

    /** How the database is made, with those entries that belong to it, as text. */
    String script(StoredFile file, String database, Pattern wanted) throws IOException, InterruptedException {
        String entries = matching(run(file, database, List.of("--list", "--create")), wanted);
        return run(file, database, List.of("--create", "--file=-", "--use-list=" + write("properties", entries)));
    }

    /** Without what is restored as far as it goes and would stop all that comes after it. */
    static String mustBeWhole(String list) {
        return list.lines()
                .filter(line -> !VIEWS_CONTENTS.matcher(line).matches())
                .collect(Collectors.joining("\n", "", "\n"));
    }

    /** Whether it grants a foreign-data wrapper, which an owner needs to describe servers. */
    static boolean grantsWrapper(String list, String wrapper) {
        return list.lines().anyMatch(line -> line.contains(" ACL - FOREIGN DATA WRAPPER " + wrapper + " "));
    }

    /** Of a line pg_restore reads the number alone; the names in it are in whichever encoding. */
    private static String matching(String list, Pattern wanted) {
        return list.lines()
                .filter(line -> wanted.matcher(line).matches())
                .map(line -> line.substring(0, line.indexOf(';') + 1))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    /** In which its names are, in whatever is printed of it: that of the database which was dumped. */
    static Charset charset(StoredFile file) {
        return Globals.charset(file.manifest().surroundings().encoding());
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
            // It has read what it wanted, or fails and says why by its exit code.
            return;
        }
    }
}
