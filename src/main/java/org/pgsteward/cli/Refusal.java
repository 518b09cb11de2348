package org.pgsteward.cli;

/** The command could not run: bad usage or missing configuration. Its message is the one line for standard error. */
public final class Refusal extends RuntimeException {
    public Refusal(String line) {
        super(line);
    }
}
