package org.pgsteward.monitor;

/**
 * The crash of one of PostgreSQL's processes, after which PostgreSQL ended all sessions.
 *
 * @param pid on the server's host
 * @param end as in the server's log, such as {@code was terminated by signal 9: Killed}, or {@link #BY_US}
 * @param whose such as {@code role wiki in database wiki}; empty where the session had not been seen before
 */
record ServerProcessCrash(int pid, String end, String whose) {
    public static final String KILLED = "was terminated by signal 9";

    public static final String BY_US = "was killed by pgsteward, because PostgreSQL could not interrupt its statement";

    /**
     * Returns a text such as {@code process 4711 of role wiki in database wiki was terminated by signal 9: Killed}.
     */
    public String words() {
        return "process " + pid + (whose.isEmpty() ? "" : " of " + whose) + " " + end
                + (end.startsWith(KILLED) ? ", probably for lack of memory (any process may have used it)" : "");
    }
}
