package org.pgsteward.backup.copy;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.Backup;

/** The contents of the copies at a target. Backups of an unchanged database have the same one. */
final class SameContents {
    /** The path of a copy, by service and hash. */
    private final Map<String, String> paths = new HashMap<>();

    /** Adds a copy that is at the target. */
    void add(Candidate candidate) {
        candidate.backup().path().ifPresent(path -> paths.put(key(candidate.backup()), path));
    }

    /** Returns the path of a copy with the content of a backup; empty if none is known. */
    Optional<String> pathOf(Candidate candidate) {
        return Optional.ofNullable(paths.get(key(candidate.backup())));
    }

    private static String key(Backup backup) {
        return backup.service() + ' ' + backup.file().sha256();
    }
}
