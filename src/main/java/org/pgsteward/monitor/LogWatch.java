package org.pgsteward.monitor;

/** Watches what PostgreSQL's log says. Made with its rules in {@code monitor.camel.yaml}. */
public final class LogWatch extends FigureWatch<LogLook> {}
