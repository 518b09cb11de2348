package org.pgsteward.backup;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a run holds while it is under way: let go of all together, the last first, whatever one of them says. */
final class Held implements AutoCloseable {
    private final Deque<AutoCloseable> held = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T resource) {
        held.push(resource);
        return resource;
    }

    /** @throws IOException what the first said that did not go well; all are let go nevertheless */
    @Override
    public void close() throws IOException {
        IOException trouble = null;
        while (!held.isEmpty()) {
            try {
                held.pop().close();
            } catch (Exception e) {
                if (trouble == null) {
                    trouble = e instanceof IOException told ? told : new IOException(e.getMessage(), e);
                } else {
                    trouble.addSuppressed(e);
                }
            }
        }
        if (trouble != null) {
            throw trouble;
        }
    }
}
