package org.pgsteward.monitor;

/** Watches what PostgreSQL's log says. */
final class LogWatch extends FigureWatch<LogLook> {}
