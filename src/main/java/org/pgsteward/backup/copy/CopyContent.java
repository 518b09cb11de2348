package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.io.Sha256;
import org.pgsteward.model.Backup;
import org.pgsteward.model.FirstCause;

/**
 * The content of a copy at its target, compared without a restore. It separates a damaged copy from a target that does
 * not answer, after a fetch failed.
 */
final class CopyContent {
    private CopyContent() {}

    enum State {
        /** The target has the content that was copied. */
        INTACT,
        /** The target has another content. */
        DAMAGED,
        /** The target answers, and lacks the file or its manifest. */
        MISSING,
        /** The target answers, and reading the file failed. The connection may be at fault. */
        UNREADABLE,
        /** The target does not answer. */
        UNAVAILABLE
    }

    /** @param reason one line; empty for an intact copy */
    record Finding(State state, String reason) {}

    /**
     * Reads a copy at its target to its end.
     *
     * @param room an empty store for the manifest
     */
    static Finding of(CopyPlace place, Backup backup, Store room) throws InterruptedException {
        String path = backup.path().orElseThrow();
        try {
            for (String file : List.of(path, Store.manifestOf(path))) {
                if (!place.has(file)) {
                    return new Finding(State.MISSING, file + " is missing there");
                }
            }
        } catch (IOException e) {
            return new Finding(State.UNAVAILABLE, FirstCause.of(e));
        }
        try {
            Optional<String> difference = manifest(place, backup, room);
            if (difference.isEmpty()) {
                difference = content(place, backup);
            }
            return difference.map(reason -> new Finding(State.DAMAGED, reason)).orElse(new Finding(State.INTACT, ""));
        } catch (IOException e) {
            if (e instanceof ResticFailure failure && failure.isDamage()) {
                return new Finding(State.DAMAGED, "a part of it is damaged or missing there: " + FirstCause.of(e));
            }
            return new Finding(State.UNREADABLE, "reading it there failed: " + FirstCause.of(e));
        }
    }

    /**
     * Fetches the manifest of a copy into a store.
     *
     * @return its difference from the journal; empty without one
     * @throws IOException if the target does not answer
     */
    static Optional<String> manifest(CopyPlace place, Backup backup, Store room)
            throws IOException, InterruptedException {
        String path = backup.path().orElseThrow();
        byte[] bytes;
        try (Incoming manifest = place.get(Store.manifestOf(path))) {
            bytes = manifest.content().readNBytes(Store.LARGEST_DOCUMENT + 1);
        }
        try {
            Path file = room.root().resolve(Store.manifestOf(path));
            Files.createDirectories(file.resolveSibling(""));
            Files.write(file, bytes);
            return difference(room.stored(path), backup, room);
        } catch (IOException e) {
            return Optional.of("its manifest there is damaged: " + FirstCause.of(e));
        }
    }

    private static Optional<String> difference(StoredBackup stored, Backup backup, Store store) throws IOException {
        if (!stored.manifest()
                .identity()
                .eventId()
                .equals(backup.identity().eventId().toString())) {
            return Optional.of("its manifest there belongs to another backup");
        }
        if (!stored.manifest().file().sha256().equals(backup.file().sha256())) {
            return Optional.of("its manifest there describes another file");
        }
        return store.alteration(stored);
    }

    private static Optional<String> content(CopyPlace place, Backup backup) throws IOException, InterruptedException {
        MessageDigest digest = Sha256.digest();
        String expected = backup.file().sha256();
        try (Incoming there = place.get(backup.path().orElseThrow());
                InputStream content = new DigestInputStream(there.content(), digest)) {
            content.transferTo(OutputStream.nullOutputStream());
            expected = there.plainSha256().orElse(expected);
        }
        String found = HexFormat.of().formatHex(digest.digest());
        return found.equals(expected)
                ? Optional.empty()
                : Optional.of("its SHA-256 there is " + found + " instead of " + expected);
    }
}
