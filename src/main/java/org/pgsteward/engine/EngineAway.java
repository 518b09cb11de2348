package org.pgsteward.engine;

/**
 * The Docker Engine is unavailable: the connection was refused or cut, there was no answer in time, or the answer was
 * an error. A later call may succeed.
 */
public final class EngineAway extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean answered;

    EngineAway(String message, Throwable cause) {
        this(message, cause, false);
    }

    private EngineAway(String message, Throwable cause, boolean answered) {
        super(message, cause);
        this.answered = answered;
    }

    /** Creates the exception for an answer that reports an error. */
    static EngineAway refusing(String message, Throwable cause) {
        return new EngineAway(message, cause, true);
    }

    /** Returns whether the engine answered. If it did not, the event feed logs the outage once, and its end once. */
    public boolean hasAnswered() {
        return answered;
    }

    /** Returns whether the failure was caused by an engine that did not answer. */
    public static boolean isCauseOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof EngineAway away) {
                return !away.answered;
            }
        }
        return false;
    }
}
