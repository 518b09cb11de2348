package org.pgsteward.engine;

/** The Docker Engine could not be asked: nobody there, cut off midway, or no answer in time. Asking later may help. */
public final class EngineAway extends RuntimeException {
    EngineAway(String message, Throwable cause) {
        super(message, cause);
    }
}
