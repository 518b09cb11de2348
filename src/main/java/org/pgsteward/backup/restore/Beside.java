package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.Losses;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.backup.store.Surroundings;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/**
 * One restore, from an empty database beside what is there to a whole one that has no name yet.
 *
 * @see Restore
 */
final class Beside {
    private final Server server;
    private final Restore.Order order;
    private final StoredFile file;
    private final Guest guest;
    private final SideDatabase database;
    private final TableOfContents contents;
    private final OwnerPowers powers;
    private final boolean powerful;
    private final List<String> notes = new ArrayList<>();

    /** @param folder for lists, which PostgreSQL's programs read */
    Beside(Server server, Restore.Order order, StoredFile file, Guest guest, Path folder) throws SQLException {
        this.server = server;
        this.order = order;
        this.file = file;
        this.guest = guest;
        this.database = new SideDatabase(server, guest);
        this.contents = new TableOfContents(guest, folder);
        this.powers = new OwnerPowers(server);
        this.powerful = powers.isPowerful(order.owner());
    }

    Guest guest() {
        return guest;
    }

    SideDatabase database() {
        return database;
    }

    /** What is not as it was, one line each. */
    List<String> notes() {
        return notes;
    }

    /**
     * Makes the database and restores into it.
     *
     * @param like the words that make a database like the live one, whose place it takes; empty for one like the
     *     dumped one
     * @return how many rows there are, every table's as the manifest says
     */
    long fill(Optional<String> like, RestoreProgress progress)
            throws Refusal, IOException, SQLException, InterruptedException {
        Manifest manifest = file.manifest();
        String name = database.name();
        String owner = powerful ? name : order.owner();
        if (like.isPresent()) {
            database.createLike(order.database(), owner, like.get());
        } else {
            notes.addAll(database.create(
                    owner,
                    likeTheDumpedOne(manifest) + tablespace(manifest.contents().surroundings())));
        }
        List<String> settings = settings();
        set(settings);
        progress.step("an empty database beside");
        DumpExtensions made = makeExtensions(manifest);
        String list = contents.list(file, name);
        Optional<String> stranger = ArchiveHeader.contradiction(list, file);
        if (stranger.isPresent()) {
            throw new Refusal(order.backup().path() + " is not restored: " + stranger.get());
        }
        if (powerful && !order.isOfTheJournal()) {
            OwnerPowers.refuseCode(order, list);
        }
        RestoreCaveats.tablespaces(manifest.contents().surroundings().tablespaces())
                .ifPresent(notes::add);
        Losses losses = manifest.contents().surroundings().losses();
        RestoreCaveats.systemObjects(losses.systemObjects()).ifPresent(notes::add);
        RestoreCaveats.sessionViews(losses.sessionViews()).ifPresent(notes::add);
        RestorePlan plan = RestorePlan.of(list, made.schemas(), true);
        plan.leftOut().forEach(entry -> notes.add("left to the administrator, who makes it by hand: " + entry));
        lendWrappers(list);
        new OwnersRestore(guest, name)
                .pour(
                        file,
                        plan,
                        contents,
                        bytes -> progress.poured(bytes, manifest.file().sourceBytes()));
        progress.step("restored");
        MaterializedViews views = new MaterializedViews(guest, name);
        notes.addAll(views.fill(list, settings));
        notes.addAll(views.emptied(losses.filledViews()));
        notes.addAll(contents.restore(file, name, list, TableOfContents.AFTERWARDS));
        notes.addAll(new OwnersAndRights(guest, contents, name, order.owner()).restore(file, list));
        long rows = database.compareRows(manifest.contents().rows());
        notes.addAll(database.lostRows(losses.extensionTables()));
        notes.addAll(ExtensionObjects.lost(losses.extensionObjects(), guest, name));
        notes.addAll(TextSearchExpressions.lost(manifest, guest, name));
        reset(settings);
        progress.step("every table's rows are as the manifest says");
        return rows;
    }

    /** Older manifests lack all settings, and newer ones the values of applications: these are read from the dump. */
    private List<String> settings() throws IOException, InterruptedException {
        Surroundings surroundings = file.manifest().contents().surroundings();
        if (!surroundings.settings().isEmpty() && surroundings.hidden().isEmpty()) {
            return surroundings.assignments();
        }
        List<String> settings = new ArrayList<>(surroundings.assignments());
        settings.addAll(DatabaseProperties.missing(contents, file, database.name()));
        return settings;
    }

    private void set(List<String> settings) throws SQLException {
        if (!settings.isEmpty()) {
            Guest.run(server, ResultSettings.onDatabase(database.name(), settings));
        }
    }

    /** What the database has in the end is set with all its properties, or copied from the live one. */
    private void reset(List<String> settings) throws SQLException {
        if (!settings.isEmpty()) {
            Guest.run(server, "ALTER DATABASE " + Quote.identifier(database.name()) + " RESET ALL");
        }
    }

    /** Where the server has it, too. */
    private String tablespace(Surroundings surroundings) throws SQLException {
        String tablespace = surroundings.tablespace();
        if (tablespace.isEmpty()) {
            return "";
        }
        if (Guest.names(server, "SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = " + Quote.literal(tablespace))
                .isEmpty()) {
            notes.add("the server has no tablespace " + tablespace + ": the database is in its default one");
            return "";
        }
        return " TABLESPACE " + Quote.identifier(tablespace);
    }

    /** An older manifest does not know, and then the dump itself is asked. */
    private String likeTheDumpedOne(Manifest manifest) throws IOException, InterruptedException {
        return manifest.contents().surroundings().areKnown()
                        || !DatabaseProperties.areReadable(manifest.source().database())
                ? manifest.contents().surroundings().words()
                : DatabaseProperties.of(contents, file, database.name()).like();
    }

    private DumpExtensions makeExtensions(Manifest manifest) throws Refusal, IOException, InterruptedException {
        try {
            return DumpExtensions.make(
                    guest,
                    database.name(),
                    powerful ? guest.name() : order.owner(),
                    manifest.contents().extensions().keySet(),
                    manifest.contents().surroundings().schemas(),
                    false);
        } catch (DumpExtensions.NotInstalled e) {
            throw new Refusal("the server does not have the extension " + e.extension + ", which database "
                    + manifest.source().database() + " uses: install it there first");
        } catch (DumpExtensions.NotToBeMade e) {
            throw new Refusal("the server has the extension " + e.extension + ", which database "
                    + manifest.source().database() + " uses, and cannot make it: " + e.because());
        }
    }

    /**
     * Who describes foreign servers needs a right on their wrapper, which the dump cannot bring along: the wrapper is an
     * extension's. It is given only where it was given at the source.
     */
    private void lendWrappers(String list) throws IOException, SQLException {
        for (String wrapper : wrappers()) {
            if (TableOfContents.grantsWrapper(list, wrapper)) {
                guest.administer(
                        database.name(),
                        "GRANT USAGE ON FOREIGN DATA WRAPPER " + Quote.identifier(wrapper) + " TO "
                                + Quote.identifier(powerful ? guest.name() : order.owner()));
            }
        }
    }

    private List<String> wrappers() throws SQLException, IOException {
        String all = guest.administer(
                database.name(),
                "SELECT pg_catalog.string_agg(fdwname, E'\\n') FROM pg_catalog.pg_foreign_data_wrapper");
        return all.lines().filter(name -> !name.isEmpty()).toList();
    }

    /**
     * What was set and granted on the dumped database itself: by its owner, or, where that is nobody's to act as, by the
     * administrator, statement by statement of known form. On a server that is rebuilt the administrator also sets what the
     * owner may not.
     */
    void inherit() throws IOException, SQLException, InterruptedException {
        if (hasProperties()) {
            try (Connection administrator = server.connect(server.address().database())) {
                inherit(DatabaseProperties.of(contents, file, database.name()), Optional.of(administrator));
            }
        }
    }

    private boolean hasProperties() {
        boolean readable =
                DatabaseProperties.areReadable(file.manifest().source().database());
        if (!readable) {
            notes.add(
                    "what was set and granted on the database is left out: pg_restore does not write it for a name with"
                            + " an end of a line");
        }
        return readable;
    }

    /** The same less privileges of PUBLIC, by which every role of the server could connect to the copy. */
    void inheritClosed() throws IOException, SQLException, InterruptedException {
        if (!hasProperties()) {
            return;
        }
        DatabaseProperties properties = DatabaseProperties.of(contents, file, database.name());
        inherit(properties.closed(), Optional.empty());
        properties.opening(order.database()).forEach(grant -> notes.add("left out: " + grant));
    }

    private void inherit(DatabaseProperties properties, Optional<Connection> administrator) throws SQLException {
        try (Connection connection =
                powerful ? server.connect(server.address().database()) : guest.enter(database.name())) {
            if (!powerful) {
                Query.run(connection, "SET ROLE " + Quote.identifier(order.owner()));
            }
            notes.addAll(properties.restore(connection, database.name(), order.database(), administrator));
        }
    }

    /** All of it becomes the owner's. */
    void give() throws Refusal, IOException {
        if (powerful) {
            powers.refuseCode(guest, order, database.name());
        }
        guest.leave(database.name(), order.owner());
    }
}
