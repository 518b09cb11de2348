package org.pgsteward.monitor;

/** Watches the catalogs of the databases. */
final class CatalogWatch extends MetricWatch<CatalogObservation> {}
