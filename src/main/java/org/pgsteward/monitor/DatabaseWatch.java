package org.pgsteward.monitor;

/** Watches PostgreSQL and its databases. */
public final class DatabaseWatch extends FigureWatch<DatabaseLook> {}
