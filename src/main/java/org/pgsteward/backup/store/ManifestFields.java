package org.pgsteward.backup.store;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.BackupKind;

/**
 * The allowed values in the manifest of a backup. Another program may have written any content into the store, and all
 * readers of a manifest rely on these checks. An older manifest lacks some values, for which {@link Manifest} has
 * defaults. Pure.
 */
final class ManifestFields {
    private static final int LONGEST_IMAGE = 1_000;

    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", Pattern.CASE_INSENSITIVE);
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{2,64}");
    private static final Pattern CLIENT = Pattern.compile("[0-9]{1,4}(\\.[0-9]{1,4}){0,2}");

    private ManifestFields() {}

    /**
     * Checks all values of a manifest.
     *
     * @throws IOException if a value is missing, or pgsteward never writes such a value; the message names the field
     */
    static void check(Manifest manifest) throws IOException {
        ManifestSize.check(manifest);
        Fields.matches("backup_id", manifest.identity().backupId(), Fields.FILE);
        Fields.matches("event_id", manifest.identity().eventId(), UUID);
        if (!manifest.identity().setId().isEmpty()) {
            Fields.matches("set_id", manifest.identity().setId(), Fields.FILE);
        }
        Fields.name("service", manifest.source().service());
        Fields.name("database", manifest.source().database());
        Fields.name("owner", manifest.source().owner());
        Fields.text("image", manifest.source().image(), LONGEST_IMAGE);
        Fields.require(
                "kind",
                manifest.source().kind(),
                Arrays.stream(BackupKind.values())
                        .anyMatch(kind -> kind.word().equals(manifest.source().kind())));
        Fields.matches("file", manifest.file().name(), Fields.FILE);
        Fields.matches("sha256", manifest.file().sha256(), HASH);
        if (!manifest.file().contentSha256().isEmpty()) {
            Fields.matches("content_sha256", manifest.file().contentSha256(), HASH);
        }
        Fields.require(
                "size_bytes", manifest.file().sizeBytes(), manifest.file().sizeBytes() >= 0);
        Fields.require(
                "source_bytes", manifest.file().sourceBytes(), manifest.file().sourceBytes() >= 0);
        Fields.time("started_at", manifest.run().startedAt());
        Fields.time("finished_at", manifest.run().finishedAt());
        Fields.text("server_version", manifest.run().serverVersion(), Fields.LONGEST);
        Fields.matches("client_version", manifest.run().clientVersion(), CLIENT);
        Fields.texts("sealed_to", manifest.file().recipients());
        Fields.text("proof", manifest.file().verification(), Fields.LONGEST);
        Fields.names("extensions", manifest.contents().extensions());
        rows(manifest.contents().rows());
        for (String caveat : manifest.caveats()) {
            Fields.longText("caveats", caveat);
        }
        check(manifest.contents().surroundings());
    }

    private static void check(DatabaseEnvironment database) throws IOException {
        Fields.text("encoding", database.encoding(), Fields.LONGEST);
        Fields.text("provider", database.provider(), Fields.LONGEST);
        Fields.text("collate", database.collate(), Fields.LONGEST);
        Fields.text("ctype", database.ctype(), Fields.LONGEST);
        Fields.text("locale", database.locale(), Fields.LONGEST);
        Fields.require("database_bytes", database.databaseBytes(), database.databaseBytes() >= 0);
        Fields.names("roles", database.roles());
        Fields.names("schemas", database.schemas());
        Fields.names("tablespaces", database.tablespaces());
        Fields.names("settings", database.settings().keySet());
        for (String value : database.settings().values()) {
            Fields.text("settings", value, Fields.LONGEST);
        }
        if (!database.tablespace().isEmpty()) {
            Fields.name("tablespace", database.tablespace());
        }
        Fields.longText("icu_rules", database.icuRules());
        Fields.longText("powers", database.powers());
        check(database.losses());
    }

    private static void check(Losses losses) throws IOException {
        for (String text : losses.filledViews()) {
            Fields.longText("filled_views", text);
        }
        for (String text : losses.privileges()) {
            Fields.longText("privileges", text);
        }
        for (String text : losses.sessionChecks()) {
            Fields.longText("session_checks", text);
        }
        for (String text : losses.systemObjects()) {
            Fields.longText("system_objects", text);
        }
        for (String text : losses.sessionViews()) {
            Fields.longText("session_views", text);
        }
        for (Losses.ExtensionObject object : losses.extensionObjects()) {
            Fields.longText("extension_objects", Fields.present("extension_objects", object.name()));
            Fields.name("extension_objects", object.extension());
        }
        for (Losses.ExtensionTable table : losses.extensionTables()) {
            Fields.longText("extension_tables", Fields.present("extension_tables", table.name()));
            Fields.name("extension_tables", table.extension());
            Fields.require("extension_tables", table.rows(), table.rows() >= 0);
        }
    }

    private static void rows(@Nullable Map<String, Long> rows) throws IOException {
        for (Map.Entry<String, Long> table : Fields.present("rows", rows).entrySet()) {
            checkRows(table.getKey(), table.getValue());
        }
    }

    /**
     * Checks the name and the row count of a table.
     *
     * @throws IOException if a table has no row count, or pgsteward never writes such a name
     */
    static void checkRows(String table, @Nullable Long count) throws IOException {
        Fields.require("rows", count, count != null && count >= 0);
        if (!TableNames.isQuoted(table)) {
            throw new IOException("the manifest has an invalid table name: " + Fields.printable(table));
        }
    }
}
