package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Losses;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/**
 * One restore: from an empty staging database to a complete one that has no final name yet.
 *
 * @see Restore
 */
final class RestoreSession {
    private final Server server;
    private final Restore.Order order;
    private final StoredFile file;
    private final RestoreRole role;
    private final StagingDatabase database;
    private final TableOfContents contents;
    private final OwnerPowers powers;
    private final boolean powerful;
    private final List<String> notes = new ArrayList<>();

    /** @param folder the folder for lists of entries, which PostgreSQL's programs read */
    RestoreSession(Server server, Restore.Order order, StoredFile file, RestoreRole role, Path folder)
            throws SQLException {
        this.server = server;
        this.order = order;
        this.file = file;
        this.role = role;
        this.database = new StagingDatabase(server, role);
        this.contents = new TableOfContents(role, folder);
        this.powers = new OwnerPowers(server);
        this.powerful = powers.isPowerful(order.owner());
    }

    RestoreRole role() {
        return role;
    }

    StagingDatabase database() {
        return database;
    }

    /** Returns the differences from the dumped database, one line each. */
    List<String> notes() {
        return notes;
    }

    /**
     * Creates the database and restores into it.
     *
     * @param like the clauses of {@code CREATE DATABASE} for a database like the live one that it will replace; empty
     *     for one like the dumped one
     * @return the number of rows, after each table's number was compared with the manifest
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
        progress.step("created an empty database");
        DumpExtensions made = makeExtensions(manifest);
        String list = contents.list(file, name);
        Optional<String> stranger = ArchiveHeader.contradiction(list, file);
        if (stranger.isPresent()) {
            throw new Refusal("cannot restore " + order.backup().path() + ": " + stranger.get());
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
        plan.leftOut().forEach(entry -> notes.add("left out; an administrator must create it: " + entry));
        lendWrappers(list);
        new OwnersRestore(role, name)
                .pour(
                        file,
                        plan,
                        contents,
                        bytes -> progress.poured(bytes, manifest.file().sourceBytes()));
        progress.step("restored the tables and rows");
        MaterializedViews views = new MaterializedViews(role, name);
        notes.addAll(views.fill(list, settings));
        notes.addAll(views.emptied(losses.filledViews()));
        notes.addAll(contents.restore(file, name, list, TableOfContents.AFTERWARDS));
        notes.addAll(new OwnersAndRights(role, contents, name, order.owner()).restore(file, list));
        long rows = database.compareRows(manifest.contents().rows());
        notes.addAll(database.lostRows(losses.extensionTables()));
        notes.addAll(ExtensionObjects.lost(losses.extensionObjects(), role, name));
        notes.addAll(TextSearchExpressions.lost(manifest, role, name));
        reset(settings);
        progress.step("compared the rows of every table");
        return rows;
    }

    /**
     * Returns the settings that a restore needs. An older manifest has none, and a newer one lacks the values of
     * applications, so these are read from the dump.
     */
    private List<String> settings() throws IOException, InterruptedException {
        DatabaseEnvironment surroundings = file.manifest().contents().surroundings();
        if (!surroundings.settings().isEmpty() && surroundings.hidden().isEmpty()) {
            return surroundings.assignments();
        }
        List<String> settings = new ArrayList<>(surroundings.assignments());
        settings.addAll(DatabaseProperties.missing(contents, file, database.name()));
        return settings;
    }

    private void set(List<String> settings) throws SQLException {
        if (!settings.isEmpty()) {
            RestoreRole.run(server, ResultSettings.onDatabase(database.name(), settings));
        }
    }

    /**
     * Removes the settings of the restore. The final settings come later with all properties, or are copied from the
     * live database.
     */
    private void reset(List<String> settings) throws SQLException {
        if (!settings.isEmpty()) {
            RestoreRole.run(server, "ALTER DATABASE " + Quote.identifier(database.name()) + " RESET ALL");
        }
    }

    /** Returns the clause for the tablespace of the dumped database; empty if the server does not have it. */
    private String tablespace(DatabaseEnvironment surroundings) throws SQLException {
        String tablespace = surroundings.tablespace();
        if (tablespace.isEmpty()) {
            return "";
        }
        if (RestoreRole.names(
                        server, "SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = " + Quote.literal(tablespace))
                .isEmpty()) {
            notes.add("the server has no tablespace " + tablespace + ": the database is in the default tablespace");
            return "";
        }
        return " TABLESPACE " + Quote.identifier(tablespace);
    }

    /**
     * Returns the clauses for a database like the dumped one. If an older manifest lacks them, they are read from the
     * dump.
     */
    private String likeTheDumpedOne(Manifest manifest) throws IOException, InterruptedException {
        return manifest.contents().surroundings().areKnown()
                        || !DatabaseProperties.areReadable(manifest.source().database())
                ? manifest.contents().surroundings().words()
                : DatabaseProperties.of(contents, file, database.name()).like();
    }

    private DumpExtensions makeExtensions(Manifest manifest) throws Refusal, IOException, InterruptedException {
        try {
            return DumpExtensions.make(
                    role,
                    database.name(),
                    powerful ? role.name() : order.owner(),
                    manifest.contents().extensions().keySet(),
                    manifest.contents().surroundings().schemas(),
                    false);
        } catch (DumpExtensions.NotInstalled e) {
            throw new Refusal("cannot restore database " + manifest.source().database()
                    + ": the server lacks extension " + e.extension + "; install it there first");
        } catch (DumpExtensions.NotToBeMade e) {
            throw new Refusal("cannot restore database " + manifest.source().database()
                    + ": the server cannot create extension " + e.extension + ": " + e.because());
        }
    }

    /**
     * Lends the privilege on foreign-data wrappers that the owner needs to create foreign servers. The dump cannot
     * grant it, because the wrapper belongs to an extension. It is lent only if the owner had it at the source.
     */
    private void lendWrappers(String list) throws IOException, SQLException {
        for (String wrapper : wrappers()) {
            if (TableOfContents.grantsWrapper(list, wrapper)) {
                role.administer(
                        database.name(),
                        "GRANT USAGE ON FOREIGN DATA WRAPPER " + Quote.identifier(wrapper) + " TO "
                                + Quote.identifier(powerful ? role.name() : order.owner()));
            }
        }
    }

    private List<String> wrappers() throws SQLException, IOException {
        String all = role.administer(
                database.name(),
                "SELECT pg_catalog.string_agg(fdwname, E'\\n') FROM pg_catalog.pg_foreign_data_wrapper");
        return all.lines().filter(name -> !name.isEmpty()).toList();
    }

    /**
     * Applies the settings and grants of the dumped database, as its owner. If the owner has powers over the cluster,
     * the administrator applies them, and only statements of known form. During a recovery, the administrator also
     * applies settings that the owner may not.
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
            notes.add("settings and privileges of the database are left out: pg_restore does not write them for a name"
                    + " with a line break");
        }
        return readable;
    }

    /**
     * Applies the settings and grants of the dumped database, but no privileges of PUBLIC. With these, every role of
     * the server could connect to the copy.
     */
    void inheritClosed() throws IOException, SQLException, InterruptedException {
        if (!hasProperties()) {
            return;
        }
        DatabaseProperties properties = DatabaseProperties.of(contents, file, database.name());
        inherit(properties.closed(), Optional.empty());
        properties.opening(order.database()).forEach(grant -> notes.add("privilege of PUBLIC left out: " + grant));
    }

    private void inherit(DatabaseProperties properties, Optional<Connection> administrator) throws SQLException {
        try (Connection connection =
                powerful ? server.connect(server.address().database()) : role.enter(database.name())) {
            if (!powerful) {
                Query.run(connection, "SET ROLE " + Quote.identifier(order.owner()));
            }
            notes.addAll(properties.restore(connection, database.name(), order.database(), administrator));
        }
    }

    /** Gives all restored objects to the owner. */
    void give() throws Refusal, IOException {
        if (powerful) {
            powers.refuseCode(role, order, database.name());
        }
        role.leave(database.name(), order.owner());
    }
}
