package org.pgsteward.monitor;

import java.time.Instant;

/** A monitored event in PostgreSQL's log. It holds no statement's text, since texts hold passwords. */
public sealed interface LogEvent {
    /**
     * The placeholder for a name that cannot be separated from the rest of its line, or that is not fit to be shown.
     */
    String UNFIT = "(unreadable name)";

    /** Returns the time at which Docker received the line. */
    Instant at();

    /**
     * A refused login.
     *
     * @param session the session of this single attempt
     * @param user the role as the client names it; empty where the line has none
     * @param database the requested database; empty where the line has none
     * @param client the client's address; empty where the line has none
     */
    record Refused(Instant at, String session, String user, String database, String client, Reason reason)
            implements LogEvent {
        Refused because(Reason better) {
            return new Refused(at, session, user, database, client, better);
        }
    }

    /**
     * A second line about the refusal of the same session.
     *
     * @param session the refused session
     */
    record Detail(Instant at, String session, Reason reason) implements LogEvent {}

    /**
     * A slow statement.
     *
     * @param user empty where the line has none
     * @param database empty where the line has none
     */
    record Slow(Instant at, String user, String database, double seconds) implements LogEvent {}

    /**
     * The abnormal end of a process of the server, after which the server ended all others.
     *
     * @param end such as {@code was terminated by signal 9: Killed}
     */
    record Ended(Instant at, int pid, String end) implements LogEvent {}

    /** The reason of a refusal. The codes are those of PostgreSQL's manual, appendix A. */
    enum Reason {
        /** 28P01. PostgreSQL sends the client the same message where there is no such role. */
        WRONG_PASSWORD("wrong password"),
        NO_ROLE("no such role"),
        /** 28000, where no known message is more precise. */
        NOT_LET_IN("refused by pg_hba.conf or by the role"),
        NO_HBA_LINE("no entry in pg_hba.conf allows it"),
        NO_LOGIN("role not permitted to log in"),
        /** 3D000. */
        NO_DATABASE("no such database"),
        /** 42501. */
        NO_RIGHT("no privilege to connect to the database"),
        /** 55000. */
        CLOSED("the database accepts no connections"),
        /** 53300. */
        TOO_MANY("too many connections");

        private final String words;

        Reason(String words) {
            this.words = words;
        }

        /** Returns the reason in words. */
        public String words() {
            return words;
        }

        /** Returns whether the role or the database may be one that is not made yet. */
        boolean mayBeUnknown() {
            return this == WRONG_PASSWORD || this == NO_ROLE || this == NO_DATABASE;
        }

        /** Returns whether another line may be more precise. */
        boolean isVague() {
            return this == WRONG_PASSWORD || this == NOT_LET_IN;
        }
    }
}
