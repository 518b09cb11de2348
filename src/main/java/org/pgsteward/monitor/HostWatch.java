package org.pgsteward.monitor;

/** Watches the host's disks and pgsteward itself. */
public final class HostWatch extends FigureWatch<HostLook> {}
