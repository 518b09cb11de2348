package org.pgsteward.monitor;

/** Watches what PostgreSQL's log says. */
public final class LogWatch extends FigureWatch<LogLook> {}
