package org.pgsteward.model;

/** The result of a piece of work, with a reason that a log, an alert and a command can show. */
public sealed interface Outcome {
    String reason();

    /** The work changed something. */
    record Done(String reason) implements Outcome {}

    /** No change was needed, or the work was not for pgsteward. */
    record Skipped(String reason) implements Outcome {}

    /** A change was needed and was not made. */
    record Failed(String reason) implements Outcome {}
}
