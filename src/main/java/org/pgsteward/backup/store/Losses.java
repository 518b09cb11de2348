package org.pgsteward.backup.store;

import java.util.List;

/**
 * The contents of a database that a restore may lose although its dump is whole.
 *
 * @param filledViews materialized views that held rows, as SQL writes their names
 * @param extensionTables tables that belong to an extension, which made them, and held rows
 * @param privileges objects of PostgreSQL itself or of extensions whose privileges were changed, in words
 * @param sessionChecks constraints that ask for the role that has logged in, in words
 * @param systemObjects objects in PostgreSQL's own schemas that are not PostgreSQL's, in words
 * @param extensionObjects objects that were made parts of an extension, other than tables
 * @param sessionViews materialized views whose rows depend on the session that fills them, as SQL writes their names
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

    /** An older manifest lacks what came later. */
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
