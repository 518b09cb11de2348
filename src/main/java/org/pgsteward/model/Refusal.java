package org.pgsteward.model;

/**
 * A request that cannot be met, in one line with the cause and the next step. A refusal is not a failure: a refused
 * command ends with exit code 2, and a request file gets the line as its answer.
 */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String line;

    public Refusal(String line) {
        this(line, "");
    }

    /**
     * Creates a refusal whose line ends with a hint.
     *
     * @param hint the rest of the line, for readers that may learn which names exist
     */
    public Refusal(String line, String hint) {
        super(line + hint);
        this.line = line;
    }

    /** Returns the line without its hint. */
    public String line() {
        return line;
    }
}
