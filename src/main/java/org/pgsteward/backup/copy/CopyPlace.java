package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.backup.store.CardOrigin;
import org.pgsteward.model.FirstCause;

/**
 * The other end of a target: a folder, a remote of rclone, a repository of restic, or the route of an operator. All paths
 * are relative to it, with slashes, as in the store.
 *
 * <p>Each operation throws an {@link IOException} with one line for the operator if the target does not answer or
 * refuses. The line contains no secret.
 */
public interface CopyPlace {
    /** When a stored file counts. */
    enum Stored {
        /** The target has it. */
        NOW,
        /** The target has it after the next {@link #commit}. */
        AFTER_COMMIT
    }

    /** A route has no step for an operation. */
    final class Unsupported extends IOException {
        private static final long serialVersionUID = 1;

        public Unsupported(String message) {
            super(message);
        }
    }

    /**
     * Begins a pass.
     *
     * @param copies the number of copies that the journal records there. If there are any, an empty place is
     *     refused: its disk may not be mounted
     * @throws IOException if the place cannot be used; then no other operation is called
     */
    void begin(int copies) throws IOException, InterruptedException;

    /**
     * Stores a file, and compares its content there. A file that is there already with the same content is not sent
     * again. A failure leaves no incomplete file under the final name.
     *
     * @throws IOException also if the place has another file of this name, unless {@link Outgoing#mayReplace}
     */
    Stored put(Outgoing file) throws IOException, InterruptedException;

    /** Makes the files since the last commit count. A place in which each file counts at once has nothing to do. */
    void commit() throws IOException, InterruptedException;

    /**
     * Returns the content of a file.
     *
     * @throws IOException also if it is missing; reading the content throws it if the content ends early
     */
    Incoming get(String path) throws IOException, InterruptedException;

    /** Returns whether the place has this file. */
    boolean has(String path) throws IOException, InterruptedException;

    /** Removes a file. Does nothing if it is missing. */
    void remove(String path) throws IOException, InterruptedException;

    /**
     * Removes as many of these files as it can at once, and at least the first. A place that answers may refuse.
     *
     * @return for each file that it handled, why the place keeps it; empty if it is removed, {@code ""} if no reason is known
     * @throws IOException if the place does not answer
     */
    default Map<String, Optional<String>> removeSome(List<String> paths) throws IOException, InterruptedException {
        String path = paths.get(0);
        String refusal = "";
        try {
            remove(path);
        } catch (IOException e) {
            refusal = FirstCause.of(e);
        }
        // A place that answers and still has the file refuses the removal.
        return Map.of(path, has(path) ? Optional.of(refusal) : Optional.empty());
    }

    /**
     * Returns the paths of the files there, without unfinished ones.
     *
     * @throws Unsupported if the route has no step for it
     */
    List<String> list() throws IOException, InterruptedException;

    /**
     * Fetches the manifests of all backups there into a folder, under their paths.
     *
     * @return the number of manifests; empty if the place can only list and fetch them one by one
     */
    Optional<Integer> manifests(Path folder) throws IOException, InterruptedException;

    /**
     * Writes, reads and removes a small file, and prepares the place for its first use where that is needed.
     *
     * @return a note for the operator; empty if there is none
     */
    Optional<String> check() throws IOException, InterruptedException;

    /**
     * Describes how an operator without pgsteward fetches the files, for {@code RECOVERY.md} at the target.
     *
     * @param target its name
     */
    default CardOrigin recovery(String target) throws IOException, InterruptedException {
        return CardOrigin.unknown(target);
    }
}
