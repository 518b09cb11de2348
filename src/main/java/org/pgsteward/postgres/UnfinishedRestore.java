package org.pgsteward.postgres;

/**
 * The database and the role of a restore that is not finished. A name is no evidence: every operator can give it. The
 * database has {@linkplain #MARK a comment}, or there is a role of its name that has it.
 */
public final class UnfinishedRestore {
    /** Names of both. */
    public static final String NAMES = "^pgsteward_restore_[0-9a-f]{8}$";

    /** The comment on both. */
    public static final String MARK = "pgsteward: a restore under way; the next one removes what this one leaves";

    /** Whether the role {@code r}, a row of {@code pg_roles}, is one. */
    public static final String ROLE =
            "(r.rolname ~ '" + NAMES + "' AND pg_catalog.shobj_description(r.oid, 'pg_authid') IS NOT DISTINCT FROM "
                    + Quote.literal(MARK) + ")";

    /** Whether the database {@code d}, a row of {@code pg_database}, is one. */
    public static final String DATABASE = "(d.datname ~ '" + NAMES
            + "' AND (pg_catalog.shobj_description(d.oid, 'pg_database') IS NOT DISTINCT FROM " + Quote.literal(MARK)
            + " OR EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = d.datname AND " + ROLE + ")))";

    private UnfinishedRestore() {}
}
