package org.pgsteward.monitor;

/** Watches PostgreSQL and its databases. */
final class DatabaseWatch extends MetricWatch<DatabaseObservation> {}
