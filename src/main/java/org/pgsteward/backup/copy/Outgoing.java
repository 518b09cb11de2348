package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.io.BoundedFile;

/**
 * A file on its way to a target.
 *
 * @param path relative to the store and to the target
 * @param file the file on this host
 * @param sha256 of its content, in hexadecimal digits
 * @param backupId the backup that it belongs to; empty for {@code RECOVERY.md} and for the documents of sets
 * @param sameAs the path of a copy at the target with the same content; empty if none is known
 * @param dump the file with its manifest, if it is the file of a backup
 * @param mayReplace whether a file with another content there may be replaced: it is pgsteward's own
 * @param bytesPerSecond the limit of the upload; 0 for none
 */
public record Outgoing(
        String path,
        Path file,
        long sizeBytes,
        String sha256,
        String backupId,
        Optional<String> sameAs,
        Optional<StoredFile> dump,
        boolean mayReplace,
        long bytesPerSecond) {
    /** Opens the content, not faster than the limit. */
    public InputStream open() throws IOException {
        InputStream content = BoundedFile.openNoLink(file);
        return bytesPerSecond == 0 ? content : new SlowInputStream(content, bytesPerSecond);
    }
}
