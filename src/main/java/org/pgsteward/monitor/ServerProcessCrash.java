package org.pgsteward.monitor;

/**
 * The end of one of PostgreSQL's processes that ended all sessions.
 *
 * @param pid as the server's host knows it
 * @param end as the server's log says it, such as {@code was terminated by signal 9: Killed}, or {@link #BY_US}
 * @param whose such as {@code role wiki in database wiki}; empty where nobody had seen the session before
 */
record ServerProcessCrash(int pid, String end, String whose) {
    public static final String KILLED = "was terminated by signal 9";

    public static final String BY_US = "was killed by pgsteward, since PostgreSQL could not interrupt its statement";

    /** Such as {@code process 4711 of role wiki in database wiki was terminated by signal 9: Killed}. */
    public String words() {
        return "process " + pid + (whose.isEmpty() ? "" : " of " + whose) + " " + end
                + (end.startsWith(KILLED) ? ", probably for want of memory that any process may have used" : "");
    }
}
