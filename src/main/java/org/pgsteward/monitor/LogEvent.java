package org.pgsteward.monitor;

import java.time.Instant;

/** What a line of PostgreSQL's log says, as far as it is watched. No statement's text is in it: texts hold passwords. */
public sealed interface LogEvent {
    /** What stands for a name that is none: it could not be told from the line around it, or is not fit to be shown. */
    String UNFIT = "(an unfit name)";

    /** When Docker took the line up. */
    Instant at();

    /**
     * Somebody was not let in.
     *
     * @param session whose only attempt it was
     * @param user as it called itself; empty where the line does not say
     * @param database that it wanted; empty where the line does not say
     * @param client its address; empty where the line does not say
     */
    record Refused(Instant at, String session, String user, String database, String client, Reason reason)
            implements LogEvent {
        Refused because(Reason better) {
            return new Refused(at, session, user, database, client, better);
        }
    }

    /**
     * More about the refusal of the same session, in a line of its own.
     *
     * @param session that was refused
     */
    record Detail(Instant at, String session, Reason reason) implements LogEvent {}

    /**
     * A statement took long.
     *
     * @param user empty where the line does not say
     * @param database empty where the line does not say
     */
    record Slow(Instant at, String user, String database, double seconds) implements LogEvent {}

    /**
     * A process of the server ended as none should, and the server ended all others.
     *
     * @param end such as {@code was terminated by signal 9: Killed}
     */
    record Ended(Instant at, int pid, String end) implements LogEvent {}

    /** Why somebody is not let in; the codes are those of PostgreSQL's manual, appendix A. */
    enum Reason {
        /** 28P01. To the client PostgreSQL says the same where there is no such role. */
        WRONG_PASSWORD("wrong password"),
        NO_ROLE("no such role"),
        /** 28000, where no words are understood that say more. */
        NOT_LET_IN("pg_hba.conf or the role does not let it in"),
        NO_HBA_LINE("no line of pg_hba.conf lets it in"),
        NO_LOGIN("the role may not log in"),
        /** 3D000. */
        NO_DATABASE("no such database"),
        /** 42501. */
        NO_RIGHT("no right to connect to the database"),
        /** 55000. */
        CLOSED("the database takes no connections"),
        /** 53300. */
        TOO_MANY("too many connections");

        private final String words;

        Reason(String words) {
            this.words = words;
        }

        /** As it is told. */
        public String words() {
            return words;
        }

        /** Whether it may be a role or a database that is not made yet. */
        boolean mayBeUnknown() {
            return this == WRONG_PASSWORD || this == NO_ROLE || this == NO_DATABASE;
        }

        /** Whether another line may say more. */
        boolean isVague() {
            return this == WRONG_PASSWORD || this == NOT_LET_IN;
        }
    }
}
