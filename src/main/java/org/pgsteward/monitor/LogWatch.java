package org.pgsteward.monitor;

/** Watches PostgreSQL's log. */
final class LogWatch extends MetricWatch<LogObservation> {}
