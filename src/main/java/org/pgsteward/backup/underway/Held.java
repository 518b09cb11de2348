package org.pgsteward.backup.underway;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** The resources of a run under way: released together, the last one first, even where one of them fails. */
public final class Held implements AutoCloseable {
    private final Deque<AutoCloseable> held = new ArrayDeque<>();

    /** Adds a resource, which is released before all that were added earlier. */
    public <T extends AutoCloseable> T add(T resource) {
        held.push(resource);
        return resource;
    }

    /** @throws IOException the first failure, an {@link Error} included; all resources are released nevertheless */
    @Override
    public void close() throws IOException {
        IOException trouble = null;
        while (!held.isEmpty()) {
            try {
                held.pop().close();
            } catch (Throwable e) {
                if (trouble == null) {
                    trouble = e instanceof IOException io ? io : new IOException(String.valueOf(e), e);
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
