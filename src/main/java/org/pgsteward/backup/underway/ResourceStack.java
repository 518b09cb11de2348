package org.pgsteward.backup.underway;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The resources of a run under way. They are released in reverse order of their addition, and a failure does not stop
 * the rest.
 */
public final class ResourceStack implements AutoCloseable {
    private final Deque<AutoCloseable> held = new ArrayDeque<>();

    /** Adds a resource. It is released before all resources that were added earlier. */
    public <T extends AutoCloseable> T add(T resource) {
        held.push(resource);
        return resource;
    }

    /**
     * Releases all resources, even if one of them fails.
     *
     * @throws IOException the first failure, an {@link Error} included
     */
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
