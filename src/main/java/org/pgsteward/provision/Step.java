package org.pgsteward.provision;

import java.util.function.Supplier;

/**
 * One piece of SQL that is carried out as a whole or not at all, and why it is needed.
 *
 * @param database in which it runs
 * @param text one statement or several; never holds a clear password. What takes long to work out is worked out while the
 *     steps before it are carried out
 * @param reason for a person; never holds SQL or a verifier
 */
record Step(Kind kind, String database, Supplier<String> text, String reason) {
    enum Kind {
        /** What a service gets when it is enrolled. */
        ENROL,
        /** Its container says something else than before. */
        CHANGE,
        /** Somebody changed what should have stayed. */
        REPAIR,
        /** The row in {@code service_configs} that binds a service before anything is made for it. */
        BIND,
        /** The same row once everything else is done; no news to anybody. */
        RECORD
    }

    Step(Kind kind, String database, String sql, String reason) {
        this(kind, database, () -> sql, reason);
    }

    String sql() {
        return text.get();
    }

    /** The same, with {@code first} done before it in the same transaction. */
    Step after(Supplier<String> first) {
        return new Step(kind, database, () -> first.get() + "; " + sql(), reason);
    }
}
