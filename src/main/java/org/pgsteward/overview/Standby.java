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
        return "Standby: another pgsteward works on this PostgreSQL"
                + other.map(session -> ", " + of(session)).orElse("")
                + ". This daemon does no monitoring and no backups, and sends no notifications, until the other daemon ends."
                + (trouble.isEmpty() ? "" : " " + OneLine.of(trouble, 200) + ".");
    }

    /** Returns the host of a daemon and the start of its session. */
    public static String of(DaemonLock.Session session) {
        return "on host " + OneLine.of(session.host(), 80) + " (" + session.address() + ") since "
                + session.since().truncatedTo(ChronoUnit.SECONDS);
    }

    public String html() {
        String text = words().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>pgsteward is on standby</title><h1>pgsteward"
                + " is on standby</h1><p>" + text + "</p><p>If only one daemon should run, stop this one.</p></html>\n";
    }

    public static String metrics(boolean active) {
        return "# HELP pgsteward_daemon_active 1 in the active daemon, 0 in a standby.\n"
                + "# TYPE pgsteward_daemon_active gauge\npgsteward_daemon_active " + (active ? 1 : 0) + "\n";
    }
}
