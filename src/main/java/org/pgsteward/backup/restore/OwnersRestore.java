package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.postgres.ClientProgram;

/**
 * Restores a dump with the rights that the owner of its database has, and no more.
 *
 * <p>A dump is hostile input: what it holds runs while it is restored, and run by a superuser it can start programs;
 * neither {@code --role} nor {@code SET SESSION AUTHORIZATION} keeps it from becoming again who logged in. So the
 * administrator makes the database and the extensions that only he may make, and everything else comes over a connection
 * of a plain role.
 */
final class OwnersRestore {
    /** What a plain role does in full or not at all; rights and comments follow by themselves where they are wanted. */
    static final List<String> OPTIONS = List.of(
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "--no-security-labels",
            "--no-tablespaces",
            "--no-publications",
            "--no-subscriptions");

    /** PostgreSQL's words where a plain role may not; its messages come untranslated. */
    private static final Pattern WANTS_MORE_RIGHTS =
            Pattern.compile("permission denied|must be superuser|must be owner|must have privileges|[Oo]nly superuser"
                    + "|password is required|query would be affected by row-level security");

    private final RestoreSite site;
    private final String database;

    OwnersRestore(RestoreSite site, String database) {
        this.site = site;
        this.database = database;
    }

    /** It holds something that the owner of a database may not make. */
    static final class BeyondTheOwner extends IOException {
        BeyondTheOwner(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Whether a restore failed because it asked for what the owner may not do. */
    static boolean wantsMoreRights(IOException failed) {
        return WANTS_MORE_RIGHTS.matcher(String.valueOf(failed.getMessage())).find();
    }

    /**
     * Restores all of it but rights and comments. Where there are rows of extensions' own tables, these come after the
     * tables and before the other rows, which may refer to them.
     *
     * @param contents writes the lists of entries
     * @param poured receives how many bytes of the dump have been handed over
     * @throws BeyondTheOwner when it holds something that the owner may not make
     */
    void pour(StoredFile file, RestorePlan plan, TableOfContents contents, LongConsumer poured)
            throws IOException, InterruptedException {
        Path list = contents.write("plan", plan.list());
        try {
            if (plan.configuration().isEmpty()) {
                pour(file, list, List.of(), poured);
                return;
            }
            try (ClientProgram program = site.restoring(database, options(list, List.of("--section=pre-data")))) {
                file.beginPouringInto(program);
            }
            new ConfigurationRows(site, database)
                    .load(
                            file,
                            contents.write("configuration", plan.configuration()),
                            file.manifest().contents().extensions().keySet());
            pour(file, list, List.of("--section=data", "--section=post-data"), poured);
        } catch (AgeKeys.NotForUs e) {
            throw e;
        } catch (IOException e) {
            if (wantsMoreRights(e)) {
                throw new BeyondTheOwner(
                        "it holds what only a superuser may restore, which nothing of a dump ever is: "
                                + e.getMessage(),
                        e);
            }
            throw e;
        }
    }

    private void pour(StoredFile file, Path list, List<String> sections, LongConsumer poured)
            throws IOException, InterruptedException {
        try (ClientProgram program = site.restoring(database, options(list, sections))) {
            file.pourInto(program, poured);
        }
    }

    private static List<String> options(Path list, List<String> sections) {
        List<String> options = new ArrayList<>(OPTIONS);
        options.addAll(sections);
        options.add("--use-list=" + list);
        return options;
    }
}
