package org.pgsteward.model;

/** How a piece of work ended, with the reason that a log, an alert and a person can all use. */
public sealed interface Outcome {
    String reason();

    /** The world was changed. */
    record Done(String reason) implements Outcome {}

    /** Nothing had to be changed, or it was not for us. */
    record Skipped(String reason) implements Outcome {}

    /** It should have been changed and was not. */
    record Failed(String reason) implements Outcome {}
}
