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
 * <p>A dump is hostile input: code in it runs while it is restored, and code that a superuser runs can start programs.
 * With {@code --role} or {@code SET SESSION AUTHORIZATION}, such code can return to the role of the login. So the
 * administrator only creates the database and the extensions that need an administrator. All other objects come over a
 * connection of a plain role.
 */
final class OwnersRestore {
    /**
     * The options for the objects that a plain role restores completely or not at all. Privileges and comments follow
     * separately where they are wanted.
     */
    static final List<String> OPTIONS = List.of(
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "--no-security-labels",
            "--no-tablespaces",
            "--no-publications",
            "--no-subscriptions");

    /** The beginning of the reason why such a dump is refused. */
    static final String NEEDS_A_SUPERUSER = "it contains an object that only a superuser can create";

    /** PostgreSQL's untranslated errors for actions that a plain role may not take. */
    private static final Pattern WANTS_MORE_RIGHTS =
            Pattern.compile("permission denied|must be superuser|must be owner|must have privileges|[Oo]nly superuser"
                    + "|password is required|query would be affected by row-level security");

    private final RestoreSite site;
    private final String database;

    OwnersRestore(RestoreSite site, String database) {
        this.site = site;
        this.database = database;
    }

    /** The failure of a dump that contains an object that the owner of a database may not create. */
    static final class BeyondTheOwner extends IOException {
        BeyondTheOwner(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Returns whether a restore failed because it needed more rights than the owner has. */
    static boolean wantsMoreRights(IOException failed) {
        return WANTS_MORE_RIGHTS.matcher(String.valueOf(failed.getMessage())).find();
    }

    /**
     * Restores the dump without its privileges and comments. Rows for tables of extensions come after the tables and
     * before the other rows, which may refer to them.
     *
     * @param contents writes the lists of entries
     * @param poured receives the number of bytes of the dump that were handed to pg_restore
     * @throws BeyondTheOwner if the dump contains an object that the owner may not create
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
                        NEEDS_A_SUPERUSER + ", and no part of a dump is restored as one: " + e.getMessage(), e);
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
