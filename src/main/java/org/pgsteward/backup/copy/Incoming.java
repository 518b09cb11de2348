package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * The content of a file at a target. The caller closes it.
 *
 * @param content it throws an exception at its end if it is incomplete
 * @param plainSha256 if the content is the plain dump, neither compressed nor encrypted, as restic has it: the hash that it
 *     had when it was stored. Empty if the content is the file of the store
 */
public record Incoming(InputStream content, Optional<String> plainSha256) implements AutoCloseable {
    /** Returns the content of a file that is there as in the store. */
    public static Incoming asStored(InputStream content) {
        return new Incoming(content, Optional.empty());
    }

    @Override
    public void close() throws IOException {
        content.close();
    }
}
