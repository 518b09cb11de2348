package org.pgsteward.backup.store;

import java.io.IOException;
import java.io.InputStream;

/** Writes an unfinished file into the store. */
public interface PartWriter {
    /**
     * Reads {@code content} to its end into a new file that only its owner may read.
     *
     * @param path relative to the store; ends in {@code .part}
     * @throws IOException if the stream fails, the disk is full or faulty, or a file of that name exists
     */
    void write(String path, InputStream content) throws IOException;
}
