package org.pgsteward.monitor;

/** Thrown if {@code thresholds.yaml} cannot be used. The message names the error and the correction. */
public final class WrongThreshold extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final int line;

    WrongThreshold(int line, String message) {
        super(message);
        this.line = line;
    }

    /** Returns the line in the file, from 1 on; 0 where the value does not come from the file. */
    public int line() {
        return line;
    }
}
