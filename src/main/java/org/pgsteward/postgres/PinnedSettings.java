package org.pgsteward.postgres;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The settings that a database's owner may set for every session in it ({@code ALTER DATABASE ... SET}), and that would turn
 * our work there into something else. Each of our sessions and programs gives its own value when it connects, which goes
 * before the owner's. All of them may be set by any role.
 *
 * <p>{@code session_authorization} can be set on a database, too, and needs no pin: PostgreSQL sets it at each login with
 * the highest precedence, so the owner's value is never in force. The test shows that.
 */
final class PinnedSettings {
    /**
     * One of them.
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
            // Which functions and operators our statements mean: the owner's may have the same names.
            new Pin("search_path", ""),
            // Who we are after the login: the owner could make the administrator a role that may read nothing.
            new Pin("role", "none"),
            // Rows that policies hide are missing without a word when this is off; with it a query fails instead.
            new Pin("row_security", "on"),
            // A library that is not there ends every login; one that is there runs in our session.
            new Pin("local_preload_libraries", ""),
            // A restore, a repair and CREATE SCHEMA fail in a read-only transaction.
            new Pin("default_transaction_read_only", "off"),
            // A stricter level makes our statements fail with serialization errors, or wait for a safe snapshot.
            new Pin("default_transaction_isolation", "read committed"),
            new Pin("default_transaction_deferrable", "off"),
            // Each of these can end a dump, a count or a restore after a millisecond. Ours for locks bounds a wait.
            new Pin("statement_timeout", "0"),
            new Pin("lock_timeout", "30s"),
            new Pin("idle_in_transaction_session_timeout", "0"),
            new Pin("idle_session_timeout", "0", 14),
            new Pin("transaction_timeout", "0", 17),
            // A parallel worker begins with the owner's settings, before it takes over ours: a timeout can end it
            // there. The
            // costs by which a plan becomes parallel are the owner's to set, too.
            new Pin("max_parallel_workers_per_gather", "0"),
            new Pin("max_parallel_maintenance_workers", "0"),
            // With a millisecond here the server ends our connection at the first delay of the network.
            new Pin("tcp_user_timeout", "0"),
            new Pin("tcp_keepalives_idle", "0"),
            new Pin("tcp_keepalives_interval", "0"),
            new Pin("tcp_keepalives_count", "0"),
            // The first error, which we may expect and go on after, would end the session.
            new Pin("exit_on_error", "off"),
            // A NULL in an array of a dump would be restored as the text 'NULL'.
            new Pin("array_nulls", "on"),
            // "x = NULL" in a restored view or constraint would become "x IS NULL".
            new Pin("transform_null_equals", "off"),
            // A backslash in our literals would begin an escape sequence.
            new Pin("standard_conforming_strings", "on"),
            // A restore would not check what a function's body says, and functions of ours neither.
            new Pin("check_function_bodies", "on"),
            // Names that we compare with the catalog's own spelling would all be quoted.
            new Pin("quote_all_identifiers", "off"),
            // Dates and intervals in a form that every other session reads in the same way.
            new Pin("DateStyle", "ISO"),
            new Pin("IntervalStyle", "postgres"),
            new Pin("xmloption", "content"),
            // Tables that we make would lie elsewhere, or in another format.
            new Pin("default_tablespace", ""),
            new Pin("default_table_access_method", "heap"),
            // What a restore has reported as done could be lost in a power cut.
            new Pin("synchronous_commit", "on"),
            // At "debug5" each statement brings thousands of messages, which the driver keeps in memory.
            new Pin("client_min_messages", "notice"),
            // A dump's collation with an odd ICU locale would not be restored at "error".
            new Pin("icu_validation_level", "warning", 16));

    /**
     * The other settings that any role may set, as prefixes, by the reason why they are left as they are. The test compares
     * them with what a server has, so that a new version's are looked at.
     */
    static final Set<String> LEFT = Set.of(
            // How a statement is planned and how fast it runs; its result is the same.
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
            // How much memory a statement may take: ours are small, and a restore sets its own.
            "work_mem",
            "hash_mem_multiplier",
            "maintenance_work_mem",
            "temp_buffers",
            "temp_tablespaces",
            "logical_decoding_work_mem",
            // Only GIN indexes, which none of our statements use, and vacuum, which we do not run.
            "gin_",
            "vacuum_",
            "wal_skip_threshold",
            // What the server writes into its own log, or a developer's aid.
            "debug_",
            "trace_",
            "log_parameter_max_length_on_error",
            "escape_string_warning",
            // The form of values. The driver and pg_dump set what they need; a view of the database computes with the
            // rest.
            "bytea_output",
            "extra_float_digits",
            "xmlbinary",
            "lc_",
            "TimeZone",
            "timezone_abbreviations",
            "default_text_search_config",
            "default_toast_compression",
            // Given by the driver and by pg_dump when they connect.
            "client_encoding",
            "application_name",
            // In force for one transaction only, or for nothing that we do: pg_dump sets the first, we send no password
            // in
            // clear text, and a superuser needs no grant to itself.
            "restrict_nonsystem_relation_kind",
            "transaction_isolation",
            "transaction_read_only",
            "transaction_deferrable",
            "password_encryption",
            "scram_iterations",
            "createrole_self_grant",
            "backslash_quote",
            "client_connection_check_interval",
            "wal_sender_timeout");

    private PinnedSettings() {}

    /**
     * How {@code pg_dump} writes dates and intervals. PostgreSQL reads that form under any setting, so a restore needs no pin, and
     * the expressions of the database may depend on its own setting.
     */
    private static final Set<String> OF_A_DUMP = Set.of("DateStyle", "IntervalStyle");

    /** Returns the options of a connection that restores. */
    static String restoreOptions(int major) {
        return ALL.stream()
                .filter(pin -> pin.since() <= major && !OF_A_DUMP.contains(pin.name()))
                .map(Pin::option)
                .collect(Collectors.joining(" "));
    }

    /**
     * As options of a connection.
     *
     * @param major the server's version; 0 while it is not known
     */
    static String options(int major) {
        return ALL.stream().filter(pin -> pin.since() <= major).map(Pin::option).collect(Collectors.joining(" "));
    }
}
