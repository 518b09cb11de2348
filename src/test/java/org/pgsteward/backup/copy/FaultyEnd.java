package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A real target with faults. Its content is read without pgsteward. */
interface FaultyEnd extends AutoCloseable {
    /** Creates an empty target that can have the fault of a case. */
    static FaultyEnd of(CopyFaultCase of, Path folder) throws Exception {
        return switch (of.kind()) {
            case FOLDER -> new FaultyFolder(of, folder);
            case RCLONE -> new FaultyRemote(of, folder);
            case RESTIC -> new FaultyRestic(of, folder);
        };
    }

    /** Returns the settings of the place. */
    PlaceRecipe recipe();

    /** Begins the fault of its case. If that is a fault of the clock, the target is gone besides. */
    void fail() throws Exception;

    /** Ends the fault. */
    void recover() throws Exception;

    /**
     * Returns whether the target has the whole content of a backup.
     *
     * @param stored the file of the backup on this host
     */
    boolean isWhole(String path, Path stored) throws Exception;

    /** Returns the folder of the files under the names of the store; empty if the target has other files. */
    Optional<Path> files();

    /** Changes the content of a backup there. */
    void alter(String path) throws Exception;

    /** Removes the content of a backup there. */
    void remove(String path) throws Exception;

    /** Gives all files there a time in the future. */
    void age() throws IOException;

    /** Returns the files that an interrupted copy left. */
    List<String> leftovers() throws IOException;

    @Override
    void close() throws IOException;
}
