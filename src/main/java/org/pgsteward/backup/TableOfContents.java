package org.pgsteward.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * Restores single entries of a dump: what goes with the data and is restored as far as it goes. Rights may be of roles
 * that are gone, and a publication may want more than its owner has.
 */
final class TableOfContents {
    /** Lines of {@code pg_restore --list}; a name cannot begin one, since line ends in names are not written. */
    static final Pattern RIGHTS_AND_COMMENTS =
            Pattern.compile("\\d+; \\d+ \\d+ (ACL|DEFAULT ACL|PUBLICATION|COMMENT (?!- (EXTENSION|DATABASE) )).*");

    private static final int KEPT_CHARACTERS = 400;

    private final RestoreSite site;
    private final UnprivilegedUser user;

    TableOfContents(RestoreSite site, UnprivilegedUser user) {
        this.site = site;
        this.user = user;
    }

    /**
     * Restores the entries whose lines {@code wanted} matches, each by itself.
     *
     * @return what could not be restored, in one line; none when all of it was
     */
    List<String> restore(StoredFile file, String database, Pattern wanted) throws IOException, InterruptedException {
        String entries = entries(file, database, wanted, List.of("--list"));
        if (entries.isBlank()) {
            return List.of();
        }
        try {
            use(file, database, entries, "--no-owner");
            return List.of();
        } catch (IOException e) {
            String said = String.valueOf(e.getMessage());
            return List.of("some rights or comments could not be restored: "
                    + said.substring(0, Math.min(said.length(), KEPT_CHARACTERS)));
        }
    }

    /** How the database is made, with those entries that belong to it, as text. */
    String script(StoredFile file, String database, Pattern wanted) throws IOException, InterruptedException {
        String entries = entries(file, database, wanted, List.of("--list", "--create"));
        return use(file, database, entries, "--create", "--file=-");
    }

    private String entries(StoredFile file, String database, Pattern wanted, List<String> options)
            throws IOException, InterruptedException {
        return run(file, database, options)
                .lines()
                .filter(line -> wanted.matcher(line).matches())
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private String use(StoredFile file, String database, String entries, String... options)
            throws IOException, InterruptedException {
        Path folder = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-"));
        Path list = folder.resolve("entries");
        try {
            Files.writeString(list, entries);
            List<String> all = new ArrayList<>(List.of(options));
            all.add("--use-list=" + list);
            return run(file, database, all);
        } finally {
            Files.deleteIfExists(list);
            Files.deleteIfExists(folder);
        }
    }

    private String run(StoredFile file, String database, List<String> options)
            throws IOException, InterruptedException {
        try (ClientProgram program = site.restoring(database, options)) {
            // Beside whoever reads the answer, which may be longer than a pipe.
            Thread pouring = new Thread(null, () -> pour(file, program), "pour-contents", 256 * 1024);
            pouring.setDaemon(true);
            pouring.start();
            String answer = new String(program.output().readAllBytes(), StandardCharsets.UTF_8);
            program.awaitSuccess();
            pouring.join();
            return answer;
        }
    }

    private static void pour(StoredFile file, ClientProgram program) {
        try (InputStream plain = file.plain();
                OutputStream input = program.input()) {
            plain.transferTo(input);
        } catch (IOException e) {
            // It has read what it wanted, or fails and says why by its exit code.
            return;
        }
    }
}
