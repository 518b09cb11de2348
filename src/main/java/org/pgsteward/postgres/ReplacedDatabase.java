package org.pgsteward.postgres;

/** A database that a restore has replaced, renamed and closed. It is kept until somebody drops it, and not backed up. */
public final class ReplacedDatabase {
    /** Whether the database {@code d}, a row of {@code pg_database}, is one. */
    public static final String IS = "(NOT d.datallowconn AND d.datname ~ '_before_[0-9]{8}T[0-9]{6}Z$')";

    private ReplacedDatabase() {}
}
