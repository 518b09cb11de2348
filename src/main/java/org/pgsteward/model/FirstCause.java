package org.pgsteward.model;

/** The message of an exception's root cause. The exceptions around it mostly repeat it. */
public final class FirstCause {
    private FirstCause() {}

    /**
     * Returns the message of the root cause. Adds the class name if the cause is an {@link Error}, and returns the
     * class name alone if there is no message.
     */
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
