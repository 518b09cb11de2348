package org.pgsteward.overview;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.pgsteward.alert.OneLine;
import org.pgsteward.postgres.DaemonLock;

/**
 * A daemon that stands by, since another one works on the same PostgreSQL.
 *
 * @param since start of the standby
 * @param other the working daemon; empty if unknown
 * @param trouble reason why PostgreSQL is unavailable; empty if it is available
 */
public record Standby(Instant since, Optional<DaemonLock.Session> other, String trouble) {
    /** Returns the sentence for the log, the page and health checks. */
    public String words() {
        return "Stands by: another pgsteward works on this PostgreSQL"
                + other.map(session -> ", " + of(session)).orElse("")
                + ". Nothing is watched, backed up or sent here until that one ends."
                + (trouble.isEmpty() ? "" : " " + OneLine.of(trouble, 200) + ".");
    }

    /** Returns the host of a daemon and the start of its session. */
    public static String of(DaemonLock.Session session) {
        return "on host " + OneLine.of(session.host(), 80) + " (" + session.address() + ") since "
                + session.since().truncatedTo(ChronoUnit.SECONDS);
    }

    public String html() {
        String text = words().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>pgsteward stands by</title><h1>pgsteward"
                + " stands by</h1><p>" + text + "</p><p>If two are not meant to run, stop this one.</p></html>\n";
    }

    public static String metrics(boolean active) {
        return "# HELP pgsteward_daemon_active 1 in the daemon that works, 0 in one that stands by.\n"
                + "# TYPE pgsteward_daemon_active gauge\npgsteward_daemon_active " + (active ? 1 : 0) + "\n";
    }
}
