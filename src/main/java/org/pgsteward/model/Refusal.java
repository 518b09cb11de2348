package org.pgsteward.model;

/**
 * Something that was asked for cannot be done, in one line that says why and what to do instead. It is no
 * failure: a command that is refused ends with exit code 2, and a request file gets the line as its answer.
 */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String line;

    public Refusal(String line) {
        this(line, "");
    }

    /** @param hint the rest of the line, for a reader who may learn which names there are */
    public Refusal(String line, String hint) {
        super(line + hint);
        this.line = line;
    }

    /** Returns the line without its hint. */
    public String line() {
        return line;
    }
}
