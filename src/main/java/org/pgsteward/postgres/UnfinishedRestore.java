package org.pgsteward.postgres;

/**
 * The database and the role of an unfinished restore. A name is no evidence, since any operator can choose it. The
 * database must have {@linkplain #MARK a comment}, or a role of the same name must have it.
 */
public final class UnfinishedRestore {
    /** A pattern for the names of both. */
    public static final String NAMES = "^pgsteward_restore_[0-9a-f]{8}$";

    /** The comment on both. */
    public static final String MARK = "pgsteward: a restore under way; the next one removes what this one leaves";

    /** The condition that the role {@code r}, a row of {@code pg_roles}, belongs to an unfinished restore. */
    public static final String ROLE =
            "(r.rolname ~ '" + NAMES + "' AND pg_catalog.shobj_description(r.oid, 'pg_authid') IS NOT DISTINCT FROM "
                    + Quote.literal(MARK) + ")";

    /** The condition that the database {@code d}, a row of {@code pg_database}, belongs to an unfinished restore. */
    public static final String DATABASE = "(d.datname ~ '" + NAMES
            + "' AND (pg_catalog.shobj_description(d.oid, 'pg_database') IS NOT DISTINCT FROM " + Quote.literal(MARK)
            + " OR EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = d.datname AND " + ROLE + ")))";

    private UnfinishedRestore() {}
}
