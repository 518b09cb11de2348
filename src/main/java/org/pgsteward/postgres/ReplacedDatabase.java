package org.pgsteward.postgres;

/**
 * A previous database that a restore has replaced, renamed and closed to connections. It is kept until an operator
 * drops it, and is not backed up.
 */
public final class ReplacedDatabase {
    /** The condition that the database {@code d}, a row of {@code pg_database}, is a replaced one. */
    public static final String IS = "(NOT d.datallowconn AND d.datname ~ '_before_[0-9]{8}T[0-9]{6}Z$')";

    private ReplacedDatabase() {}
}
