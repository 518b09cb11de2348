package org.pgsteward.monitor.guard;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.pgsteward.alert.OneLine;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Console;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Size;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.guard.AutovacuumWorker;
import org.pgsteward.postgres.guard.DiskTaken;
import org.pgsteward.postgres.guard.DiskUnit;
import org.pgsteward.postgres.guard.MemoryTaken;
import org.pgsteward.postgres.guard.TerminatedSession;

/** The texts of the alerts of {@link GuardAlerts}. Pure. */
record GuardTexts(Console console) {
    /** The maximum length of a reason, in characters. */
    private static final int LONGEST_REASON = 500;

    private static final String FILES =
            "SELECT datname, (SELECT count(*) FROM pg_ls_dir('base/' || oid)) FROM pg_database ORDER BY 2 DESC LIMIT 10";

    private static final String CONSTRAINTS = "SELECT conrelid::regclass, conname, octet_length(conbin::text)"
            + " FROM pg_constraint WHERE conbin IS NOT NULL ORDER BY 3 DESC LIMIT 10";

    private static final String INDEX_FUNCTIONS = "SELECT indrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
            + " WHERE indexprs IS NOT NULL OR indpred IS NOT NULL LIMIT 10";

    private static final String AFTER_CORRECTION =
            "# correct the application first; then enable its login again, with the usual limit of connections:";

    /** @param remedy lines to paste */
    record Text(String reason, String remedy) {
        Text {
            // The names of roles and databases may contain line breaks.
            reason = OneLine.of(reason, LONGEST_REASON);
        }
    }

    /** Returns the text for a session that PostgreSQL could not interrupt, so that pgsteward killed its process. */
    Text killed(TerminatedSession session, Optional<String> service) {
        return new Text(
                harm(session) + "PostgreSQL could not interrupt session " + session.pid()
                        + ", so pgsteward killed its process: PostgreSQL ended all sessions of all services and recovered",
                quarantine(session.role(), service));
    }

    private static String harm(TerminatedSession session) {
        return "role " + session.role() + " " + session.reason() + " in database " + session.database()
                + ": other services cannot log in, or pgsteward cannot write its journal; ";
    }

    /** Returns the effect of an incident whose words do not state it. */
    private static String harm(String incident) {
        return incident.startsWith("locked ")
                ? ", which keeps other services or pgsteward itself waiting; every role can take such a lock"
                : "";
    }

    /** @param count terminated sessions of the role since the alert fired */
    Text locked(TerminatedSession session, int count, Optional<String> service) {
        String reason = harm(session);
        if (session.ended()) {
            return new Text(
                    reason + "session " + session.pid() + " was terminated"
                            + (count > 1 ? ", and " + (count - 1) + " before it" : ""),
                    quarantine(session.role(), service));
        }
        return new Text(
                reason + "session " + session.pid()
                        + " was terminated and still runs, because PostgreSQL cannot interrupt its statement",
                quarantine(session.role(), service) + "\ndocker restart " + CommandPrefix.word(console.container())
                        + "   # if that session does not end; ends all sessions of all services");
    }

    Text memory(MemoryTaken taken, Optional<String> service) {
        return new Text(
                "role " + taken.role() + " " + words(taken),
                "docker update --memory 512m --memory-swap 1g " + CommandPrefix.word(console.container())
                        + "   # if the service needs that memory; also set mem_limit in compose.yaml\n"
                        + quarantine(taken.role(), service));
    }

    Text autovacuum(AutovacuumWorker worker) {
        String table = OneLine.of(worker.work().replaceFirst("^autovacuum: (VACUUM |ANALYZE )+", ""), 150);
        String place = "autovacuum in database " + worker.database() + " of role " + worker.owner();
        String again = "; autovacuum starts again within minutes, until the owner changes ";
        // Runs as the owner. As the administrator, the statement would run functions of the service, if the search_path
        // leads to them.
        Console owner = new Console(console.container(), worker.owner(), worker.database());
        return worker.isLarge()
                ? new Text(
                        place + " held " + Size.words(worker.bytes()) + " of PostgreSQL's memory limit of "
                                + Size.words(worker.limit()) + " (last at table " + table
                                + "); pgsteward terminated it before PostgreSQL ran out of memory and ended all sessions"
                                + again + "its tables",
                        owner.psql(CONSTRAINTS) + "   # its largest check constraints")
                : new Text(
                        place + " has analyzed table " + table + " for " + Elapsed.words(worker.analyzed())
                                + "; pgsteward terminated it, because few workers vacuum the databases of all services"
                                + again + "the table",
                        owner.psql(INDEX_FUNCTIONS) + "   # the functions in its indexes");
    }

    /** For temporary files and queue entries, which PostgreSQL removes when the sessions end. */
    Text held(DiskTaken taken, Optional<String> service) {
        String ended = taken.kind() == DiskTaken.Kind.TEMPORARY
                ? "terminated its sessions, because PostgreSQL stops for all services when its disk is full"
                : "terminated its session"
                        + (taken.kind() == DiskTaken.Kind.QUEUE ? "s" : "")
                        + ", because the queue takes the disk of all services";
        return new Text(
                "role " + taken.role() + " " + words(taken) + "; pgsteward " + ended,
                console.psql(
                                "SELECT pid, usename, datname, xact_start, query FROM pg_stat_activity WHERE xact_start IS NOT NULL"
                                        + " ORDER BY xact_start LIMIT 10")
                        + "   # the open transactions\n" + quarantine(taken.role(), service));
    }

    /** @param service the role's service, if any; only a service's role has its login disabled */
    Text disk(DiskTaken taken, Optional<String> service) {
        return new Text(
                "role " + taken.role() + " " + words(taken) + "; pgsteward terminated its sessions"
                        + (service.isPresent() ? " and disabled its login" : "")
                        + ", because PostgreSQL stops for all services when "
                        + (taken.unit() == DiskUnit.BYTES ? "its disk is full" : "it cannot create a file"),
                (taken.unit() == DiskUnit.BYTES
                                ? "pgsteward status   # lists the sizes of databases\n"
                                : console.psql(FILES)
                                        + "   # counts the files of each database; each table and index has some\n")
                        + "docker system df   # lists Docker data; volumes hold databases, so remove none that you do not know"
                        + (service.isPresent() ? "" : "\n" + quarantine(taken.role(), service)));
    }

    /** @param incident such as {@code held 30000 of the server's 31232 locks} */
    Text shutOut(String role, String incident) {
        return shutOutBecause(
                role,
                "pgsteward disabled its login after repeated incidents, until an operator enables it; in the last one it "
                        + incident + harm(incident),
                AFTER_CORRECTION);
    }

    /** @param incident such as {@code held 30000 of the server's 31232 locks} */
    Text paused(String role, Duration length, String incident) {
        return shutOutBecause(
                role,
                "pgsteward disabled its login for " + length.toMinutes()
                        + " minutes after repeated incidents, and enables it then; in the last one it " + incident
                        + harm(incident),
                "# the login returns by itself after the pause; correct the application meanwhile. To enable it now:");
    }

    Text pausedForDisk(Duration length, DiskTaken taken) {
        return shutOutBecause(
                taken.role(),
                "pgsteward disabled its login for " + length.toMinutes() + " minutes, and until "
                        + (taken.unit() == DiskUnit.BYTES
                                ? "the disk has " + Size.words(taken.unit().enough()) + " free again"
                                : taken.unit().enough() + " files can be created on the disk")
                        + ", and enables it then: it " + words(taken),
                "# free space on the disk, and correct the application; to enable the login now:");
    }

    /** Returns the text for a role that was shut out before this process started, or by an operator. */
    Text shutOut(String role) {
        return shutOutBecause(role, "it has NOLOGIN and CONNECTION LIMIT 0", AFTER_CORRECTION);
    }

    private Text shutOutBecause(String role, String why, String comment) {
        return new Text(
                "role " + role + " cannot log in: " + why,
                "docker logs --since 1h pgsteward 2>&1 | grep -F " + CommandPrefix.word(OneLine.of("role " + role, 80))
                        + "   # the incidents\n" + comment + "\n"
                        + console.psql("ALTER ROLE " + Quote.identifier(role) + " LOGIN CONNECTION LIMIT "
                                + PostgresServer.ROLE_CONNECTIONS));
    }

    static String words(DiskTaken taken) {
        return switch (taken.kind()) {
            case GROWTH ->
                (taken.unit() == DiskUnit.BYTES
                                ? "took " + Size.words(taken.amount()) + " of the disk"
                                : "created " + taken.amount() + " files on the disk")
                        + " of PostgreSQL's data within " + Elapsed.words(taken.within()) + left(taken);
            case TEMPORARY ->
                "had "
                        + (taken.unit() == DiskUnit.BYTES ? Size.words(taken.amount()) + " of" : taken.amount())
                        + " temporary files on the disk of PostgreSQL's data" + left(taken);
            case QUEUE -> "wrote most of the queue of NOTIFY, which grew to " + Size.words(taken.amount());
            case TRANSACTION ->
                "had a transaction open for " + Elapsed.words(taken.within()) + " while the queue of NOTIFY grew to "
                        + Size.words(taken.amount());
        };
    }

    private static String left(DiskTaken taken) {
        return taken.unit() == DiskUnit.BYTES
                ? ", and " + Size.words(taken.left()) + " are left"
                : ", and " + taken.left() + " files (inodes) are left";
    }

    static String words(MemoryTaken taken) {
        return String.format(
                Locale.ROOT,
                "held %s of PostgreSQL's memory limit of %s in %d session%s%s; %s",
                Size.words(taken.bytes()),
                Size.words(taken.limit()),
                taken.sessions(),
                taken.sessions() == 1 ? "" : "s",
                taken.beside()
                        .map(other -> ", while role " + other.role() + " held " + Size.words(other.bytes()))
                        .orElse(""),
                taken.crashed()
                        ? "PostgreSQL ran out of memory and ended all sessions of all services"
                        : "pgsteward terminated its sessions in time, so PostgreSQL did not run out of memory");
    }

    private String quarantine(String role, Optional<String> service) {
        return service.map(name -> "pgsteward remove " + CommandPrefix.word(name)
                        + "   # quarantine: its role cannot log in until 'pgsteward remove --undo "
                        + CommandPrefix.word(name) + "'")
                .orElseGet(() -> console.psql("ALTER ROLE " + Quote.identifier(role) + " NOLOGIN"));
    }
}
