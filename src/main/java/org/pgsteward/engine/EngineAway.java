package org.pgsteward.engine;

/** The Docker Engine could not be asked: nobody there, cut off midway, or no answer in time. Asking later may help. */
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

    /** It answered, and what it answered is no use. */
    static EngineAway refusing(String message, Throwable cause) {
        return new EngineAway(message, cause, true);
    }

    /** Whether it answered at all. If it did not, the event feed says so once, and once when it is back. */
    public boolean hasAnswered() {
        return answered;
    }

    /** Whether something failed because the engine did not answer at all. */
    public static boolean isCauseOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof EngineAway away) {
                return !away.answered;
            }
        }
        return false;
    }
}
