package org.pgsteward.provision;

import java.util.function.Supplier;

/**
 * One piece of SQL that is carried out as a whole or not at all, with its reason.
 *
 * @param database the database in which it runs
 * @param text one statement or several; never holds a clear password. Slow parts are computed while the steps before it
 *     are carried out
 * @param reason for a person; never holds SQL or a verifier
 */
record Step(Kind kind, String database, Supplier<String> text, String reason) {
    enum Kind {
        /** A part of a service's enrolment. */
        ENROL,
        /** A change of the container's settings. */
        CHANGE,
        /** A repair of drift. */
        REPAIR,
        /** The row in {@code service_configs} that binds a service before anything is made for it. */
        BIND,
        /** The same row once everything else is done; not reported. */
        RECORD
    }

    Step(Kind kind, String database, String sql, String reason) {
        this(kind, database, () -> sql, reason);
    }

    String sql() {
        return text.get();
    }

    /** Returns this step, with {@code first} carried out before it in the same transaction. */
    Step after(Supplier<String> first) {
        return new Step(kind, database, () -> first.get() + "; " + sql(), reason);
    }
}
