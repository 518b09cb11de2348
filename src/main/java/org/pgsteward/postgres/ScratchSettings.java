package org.pgsteward.postgres;

import java.util.LinkedHashMap;
import java.util.Map;

/** The server settings of a {@link ThrowawayCluster} for a verification. */
final class ScratchSettings {
    /**
     * Small and fast settings, since its data need not survive a power cut. A statement that locks every table of a
     * large database must fit, as on a source with ten times the connections. That takes some 20,000 locks, which cost
     * 8 MB.
     */
    private static final Map<String, String> VERIFICATION = Map.ofEntries(
            Map.entry("fsync", "off"),
            Map.entry("full_page_writes", "off"),
            Map.entry("synchronous_commit", "off"),
            Map.entry("wal_level", "minimal"),
            Map.entry("max_wal_senders", "0"),
            Map.entry("min_wal_size", "32MB"),
            Map.entry("max_wal_size", "64MB"),
            Map.entry("max_connections", "10"),
            Map.entry("max_locks_per_transaction", "1024"),
            Map.entry("shared_buffers", "16MB"),
            Map.entry("maintenance_work_mem", "16MB"),
            // No parallel workers: a function of the dump may set other limits for itself, and let several processes
            // take memory.
            Map.entry("max_worker_processes", "0"),
            Map.entry("max_parallel_workers", "0"),
            Map.entry("max_parallel_maintenance_workers", "0"),
            Map.entry("autovacuum", "off"),
            Map.entry("dynamic_shared_memory_type", "mmap"),
            Map.entry("jit", "off"));

    /** The first version with event triggers that run at each login. */
    private static final int LOGIN_TRIGGERS = 17;

    /** The first version that limits the origins of subscriptions separately from replication slots. */
    private static final int ORIGINS_OF_THEIR_OWN = 18;

    /**
     * More than the subscriptions of any cluster. The copy's WAL records the position of each, which takes a place
     * each.
     */
    private static final String REPLICATION_STATES = "200";

    /** Settings that keep a copy from acting as the cluster that it was taken from. */
    private static final Map<String, String> COPY = Map.ofEntries(
            Map.entry("archive_mode", "off"),
            Map.entry("shared_preload_libraries", ""),
            Map.entry("session_preload_libraries", ""),
            Map.entry("local_preload_libraries", ""),
            Map.entry("max_logical_replication_workers", "0"),
            Map.entry("max_replication_slots", REPLICATION_STATES),
            Map.entry("max_worker_processes", "0"),
            Map.entry("ssl", "off"),
            Map.entry("logging_collector", "off"),
            Map.entry("log_destination", "stderr"),
            Map.entry("lc_messages", "C"),
            Map.entry("huge_pages", "off"));

    private ScratchSettings() {}

    static Map<String, String> forVerification() {
        return VERIFICATION;
    }

    /**
     * Returns the settings for a copy of another cluster.
     *
     * @param control the minimum settings that the copy's control file requires
     */
    static Map<String, String> forCopy(int major, Map<String, String> control) {
        Map<String, String> settings = new LinkedHashMap<>(VERIFICATION);
        settings.putAll(control);
        settings.putAll(COPY);
        if (major >= LOGIN_TRIGGERS) {
            settings.put("event_triggers", "off");
        }
        if (major >= ORIGINS_OF_THEIR_OWN) {
            settings.put("max_active_replication_origins", REPLICATION_STATES);
        }
        return settings;
    }
}
