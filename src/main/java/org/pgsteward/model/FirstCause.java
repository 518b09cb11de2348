package org.pgsteward.model;

/** The message of the first cause of an exception. The exceptions around it mostly repeat it. */
public final class FirstCause {
    private FirstCause() {}

    /** Returns the message of the first cause; with the name of its class where it has none, or is an {@link Error}. */
    public static String of(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String name = cause.getClass().getSimpleName();
        if (cause.getMessage() == null) {
            return name;
        }
        return cause instanceof Error ? name + ": " + cause.getMessage() : cause.getMessage();
    }
}
