package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.pgsteward.backup.store.Store;
import org.pgsteward.model.Backup;

/** The files at a target that the journal does not count as copies. Each is read there to its end and compared. */
final class FoundCopies {
    private final CopyPlace place;
    private final FetchFolder.Rooms rooms;
    private final Function<Path, Store> stores;

    /** The paths at the target, once they were read. */
    private Optional<Set<String>> listed = Optional.empty();

    FoundCopies(CopyPlace place, FetchFolder.Rooms rooms, Function<Path, Store> stores) {
        this.place = place;
        this.rooms = rooms;
        this.stores = stores;
    }

    /**
     * Returns the state of a backup's file at the target. It is missing at a target that cannot list its files.
     *
     * @throws IOException if the target does not answer
     */
    CopyContent.State state(Backup backup) throws IOException, InterruptedException {
        if (!paths().contains(backup.path().orElseThrow())) {
            return CopyContent.State.MISSING;
        }
        try (FetchFolder folder = rooms.make()) {
            Store room = stores.apply(folder.path().resolve("manifest"));
            Files.createDirectory(room.root());
            return CopyContent.of(place, backup, room).state();
        }
    }

    private Set<String> paths() throws IOException, InterruptedException {
        if (listed.isEmpty()) {
            listed = Optional.of(read());
        }
        return listed.get();
    }

    private Set<String> read() throws IOException, InterruptedException {
        try {
            return new HashSet<>(place.list());
        } catch (CopyPlace.Unsupported e) {
            return Set.of();
        }
    }
}
