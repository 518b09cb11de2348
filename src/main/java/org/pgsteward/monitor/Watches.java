package org.pgsteward.monitor;

/** The watches with the levels that {@code routes/monitor.camel.yaml} gives them. */
public record Watches(DatabaseWatch databases, LogWatch log, HostWatch host, MemoryWatch memory) {}
