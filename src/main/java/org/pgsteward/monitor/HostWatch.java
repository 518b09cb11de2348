package org.pgsteward.monitor;

/** Watches the host's disks and pgsteward itself. */
final class HostWatch extends MetricWatch<HostObservation> {}
