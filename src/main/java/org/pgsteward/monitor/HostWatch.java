package org.pgsteward.monitor;

/** Watches the host's disks and pgsteward itself. Made with its rules in {@code monitor.camel.yaml}. */
public final class HostWatch extends FigureWatch<HostLook> {}
