package org.pgsteward.postgres;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Settings with fixed values for pgsteward's sessions. A database's owner may set them for every session in it
 * ({@code ALTER DATABASE ... SET}), and would so change the effect of pgsteward's statements. Each session and program
 * of pgsteward sends its own values when it connects, and those take precedence. Any role may set these settings.
 *
 * <p>{@code session_authorization} can be set on a database too, but needs no pin. PostgreSQL sets it at each login
 * with the highest precedence, so the owner's value never takes effect. A test covers this.
 */
final class PinnedSettings {
    /**
     * One setting with its value.
     *
     * @param since the first major version that has it; 0 for all
     */
    record Pin(String name, String value, int since) {
        Pin(String name, String value) {
            this(name, value, 0);
        }

        private String option() {
            return "-c " + name + "=" + value.replace(" ", "\\ ");
        }
    }

    static final List<Pin> ALL = List.of(
            // Decides which functions and operators the statements use. The owner's may have the same names.
            new Pin("search_path", ""),
            // Decides the role after the login. The owner could turn the administrator into a role that may read no
            // table.
            new Pin("role", "none"),
            // With it off, a query fails if policies would hide rows from its role. With it on, those rows are left
            // out. Superusers are subject to no policy.
            new Pin("row_security", "on"),
            // A missing library ends every login, and an existing one runs in pgsteward's session.
            new Pin("local_preload_libraries", ""),
            // A restore, a repair and CREATE SCHEMA fail in a read-only transaction.
            new Pin("default_transaction_read_only", "off"),
            // A stricter level makes statements fail with serialization errors, or wait for a safe snapshot.
            new Pin("default_transaction_isolation", "read committed"),
            new Pin("default_transaction_deferrable", "off"),
            // Each of these can end a dump, a count or a restore after a millisecond. pgsteward's lock_timeout limits
            // its waits.
            new Pin("statement_timeout", "0"),
            new Pin("lock_timeout", "30s"),
            new Pin("idle_in_transaction_session_timeout", "0"),
            new Pin("idle_session_timeout", "0", 14),
            new Pin("transaction_timeout", "0", 17),
            // A parallel worker starts with the owner's settings before it takes over the session's, so a timeout can
            // end it. The owner may also set the costs that make a plan parallel.
            new Pin("max_parallel_workers_per_gather", "0"),
            new Pin("max_parallel_maintenance_workers", "0"),
            // With a millisecond here, the server ends the connection at the first delay of the network.
            new Pin("tcp_user_timeout", "0"),
            new Pin("tcp_keepalives_idle", "0"),
            new Pin("tcp_keepalives_interval", "0"),
            new Pin("tcp_keepalives_count", "0"),
            // With it on, the first error would end the session, even an expected one.
            new Pin("exit_on_error", "off"),
            // A NULL in an array of a dump would be restored as the text 'NULL'.
            new Pin("array_nulls", "on"),
            // "x = NULL" in a restored view or constraint would become "x IS NULL".
            new Pin("transform_null_equals", "off"),
            // With it off, a backslash in a literal of pgsteward would begin an escape sequence.
            new Pin("standard_conforming_strings", "on"),
            // With it off, a restore would not check the bodies of functions, and neither would statements of
            // pgsteward.
            new Pin("check_function_bodies", "on"),
            // With it on, names would all be quoted, but pgsteward compares names in the catalog's own spelling.
            new Pin("quote_all_identifiers", "off"),
            // Forms of dates and intervals that every other session reads in the same way.
            new Pin("DateStyle", "ISO"),
            new Pin("IntervalStyle", "postgres"),
            new Pin("xmloption", "content"),
            // With other values, tables that pgsteward creates would be stored elsewhere, or in another format.
            new Pin("default_tablespace", ""),
            new Pin("default_table_access_method", "heap"),
            // With it off, a power cut could lose a restore that was reported as done.
            new Pin("synchronous_commit", "on"),
            // At "debug5" each statement sends thousands of messages, which the driver keeps in memory.
            new Pin("client_min_messages", "notice"),
            // At "error", a collation with an unusual ICU locale would not be restored.
            new Pin("icu_validation_level", "warning", 16));

    /**
     * The other settings that any role may set, as prefixes, grouped by the reason why they are not pinned. A test
     * compares them with a server's settings, so that new ones in a new version are noticed.
     */
    static final Set<String> LEFT = Set.of(
            // Plan and speed of a statement; its result is the same.
            "enable_",
            "cpu_",
            "geqo",
            "jit",
            "parallel_",
            "min_parallel_",
            "max_parallel_workers",
            "force_parallel_mode",
            "debug_parallel_query",
            "seq_page_cost",
            "random_page_cost",
            "effective_",
            "cursor_tuple_fraction",
            "constraint_exclusion",
            "from_collapse_limit",
            "join_collapse_limit",
            "plan_cache_mode",
            "recursive_worktable_factor",
            "default_statistics_target",
            "synchronize_seqscans",
            "stats_fetch_consistency",
            "io_combine_limit",
            "maintenance_io_concurrency",
            "backend_flush_after",
            "commit_siblings",
            "file_copy_method",
            // Memory of a statement. pgsteward's statements are small, and a restore sets its own values.
            "work_mem",
            "hash_mem_multiplier",
            "maintenance_work_mem",
            "temp_buffers",
            "temp_tablespaces",
            "logical_decoding_work_mem",
            // Only for GIN indexes, which pgsteward's statements do not use, and for vacuum, which pgsteward does not
            // run.
            "gin_",
            "vacuum_",
            "wal_skip_threshold",
            // The server's own log, and aids for developers.
            "debug_",
            "trace_",
            "log_parameter_max_length_on_error",
            "escape_string_warning",
            // The form of values. The driver and pg_dump set the forms that they need; views of the database may depend
            // on the rest.
            "bytea_output",
            "extra_float_digits",
            "xmlbinary",
            "lc_",
            "TimeZone",
            "timezone_abbreviations",
            "default_text_search_config",
            "default_toast_compression",
            // The driver and pg_dump set them when they connect.
            "client_encoding",
            "application_name",
            // In force for one transaction only, or without effect here. pg_dump sets the first; pgsteward sends no
            // password in clear text, and a warning of an MD5 password changes nothing; a superuser needs no grant to
            // itself.
            "restrict_nonsystem_relation_kind",
            "transaction_isolation",
            "transaction_read_only",
            "transaction_deferrable",
            "password_encryption",
            "md5_password_warnings",
            "scram_iterations",
            "createrole_self_grant",
            "backslash_quote",
            "client_connection_check_interval",
            "wal_sender_timeout");

    private PinnedSettings() {}

    /**
     * The settings that fix how {@code pg_dump} writes dates and intervals. PostgreSQL reads that form under any
     * setting, so a restore needs no pin. Expressions of the database may depend on its own setting.
     */
    private static final Set<String> OF_A_DUMP = Set.of("DateStyle", "IntervalStyle");

    /** Returns the connection options of a restore. */
    static String restoreOptions(int major) {
        return ALL.stream()
                .filter(pin -> pin.since() <= major && !OF_A_DUMP.contains(pin.name()))
                .map(Pin::option)
                .collect(Collectors.joining(" "));
    }

    /**
     * Returns the pins as connection options.
     *
     * @param major the server's major version; 0 while it is unknown
     */
    static String options(int major) {
        return ALL.stream().filter(pin -> pin.since() <= major).map(Pin::option).collect(Collectors.joining(" "));
    }
}
