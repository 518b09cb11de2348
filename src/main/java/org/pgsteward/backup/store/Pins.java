package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.pgsteward.alert.OneLine;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;

/**
 * The pins of operators: a file beside each pinned backup, so that a pin survives the loss of the journal and a copy of
 * the store. The existence of the file is the pin; its content is for people.
 */
public final class Pins {
    /** Differs from the endings of manifests and unfinished files, so that no other class reads or removes it. */
    static final String ENDING = ".pinned";

    private static final int MOST_BYTES = 8 * 1024;
    private static final int MOST_CHARACTERS = 200;

    private final Store store;
    private final StoreJson json;

    Pins(Store store, StoreJson json) {
        this.store = store;
        this.json = json;
    }

    /** The content of the file. */
    record Document(Instant pinnedAt, String reason) {}

    /** Returns why a backup is pinned, in one line; empty if no operator pinned it. */
    public Optional<String> reason(String path) {
        Path file = file(path);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try {
            Document pin = json.read(file, BoundedFile.bytesNoLink(file, MOST_BYTES), Document.class);
            String reason = OneLine.of(pin.reason(), MOST_CHARACTERS);
            return Optional.of("by an operator at " + pin.pinnedAt() + (reason.isEmpty() ? "" : ": " + reason));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        } catch (IOException | RuntimeException unreadable) {
            // A pin that cannot be read still protects the backup.
            return Optional.of("by an operator");
        }
    }

    /** Pins a backup, or replaces the reason of its pin. The pin is durable when this method returns. */
    public void put(String path, String reason, Instant at) throws IOException {
        store.requireFolder(path);
        Path file = file(path);
        // An ending of its own: unfinished files with the usual ending belong to runs, which remove them.
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        AtomicFile.write(
                file,
                unfinished,
                json.bytes(new Document(at, OneLine.of(reason, MOST_CHARACTERS))),
                AtomicFile.PRIVATE);
    }

    /** Removes a pin durably, if there is one. */
    public void remove(String path) throws IOException {
        AtomicFile.remove(file(path));
    }

    private Path file(String path) {
        return store.resolve(path + ENDING);
    }
}
