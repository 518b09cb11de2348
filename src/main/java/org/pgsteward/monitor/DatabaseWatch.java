package org.pgsteward.monitor;

/** Watches PostgreSQL and its databases. Made with its rules in {@code monitor.camel.yaml}. */
public final class DatabaseWatch extends FigureWatch<DatabaseLook> {}
