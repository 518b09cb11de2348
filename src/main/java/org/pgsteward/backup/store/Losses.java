package org.pgsteward.backup.store;

import java.util.List;

/**
 * The contents of a database that a restore may lose although its dump is complete. The names of views and tables are
 * written as in SQL.
 *
 * @param filledViews materialized views that contained rows
 * @param extensionTables tables that an extension created and owns, and that contained rows
 * @param privileges objects of PostgreSQL itself or of extensions with changed privileges, as text
 * @param sessionChecks constraints that depend on the role that has logged in, as text
 * @param systemObjects foreign objects in PostgreSQL's own schemas, as text
 * @param extensionObjects objects that were made parts of an extension, other than tables
 * @param sessionViews materialized views with rows that depend on the session that fills them
 */
public record Losses(
        List<String> filledViews,
        List<ExtensionTable> extensionTables,
        List<String> privileges,
        List<String> sessionChecks,
        List<String> systemObjects,
        List<ExtensionObject> extensionObjects,
        List<String> sessionViews) {
    static final Losses NONE = new Losses(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    /** An older manifest lacks newer fields. */
    public Losses {
        filledViews = filledViews == null ? List.of() : List.copyOf(filledViews);
        extensionTables = extensionTables == null ? List.of() : List.copyOf(extensionTables);
        privileges = privileges == null ? List.of() : List.copyOf(privileges);
        sessionChecks = sessionChecks == null ? List.of() : List.copyOf(sessionChecks);
        systemObjects = systemObjects == null ? List.of() : List.copyOf(systemObjects);
        extensionObjects = extensionObjects == null ? List.of() : List.copyOf(extensionObjects);
        sessionViews = sessionViews == null ? List.of() : List.copyOf(sessionViews);
    }

    /** @param name its kind and its name */
    public record ExtensionObject(String name, String extension) {}

    /** @param name as SQL writes it */
    public record ExtensionTable(String name, String extension, long rows) {}
}
