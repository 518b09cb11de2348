package org.pgsteward.cli.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.pgsteward.io.LockFile;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.AbandonedClusters;
import org.pgsteward.postgres.ThrowawayCluster;

/** The folder of a demonstration, which one demonstration claims at a time. */
final class DemoFolder {
    private static final String MARK = ".pgsteward-demo";

    private DemoFolder() {}

    /**
     * Checks that no demonstration runs in the folder, and creates nothing.
     *
     * @throws Refusal if one runs
     */
    static void requireIdle(Path folder) throws IOException {
        Path mark = folder.resolve(MARK);
        if (Files.isWritable(mark)) {
            take(folder, mark).close();
        }
    }

    /**
     * Claims the folder until the lock is closed or the process ends.
     *
     * @throws Refusal if the folder has files of another origin, or this user may not write to it
     */
    static LockFile claim(Path folder) throws IOException {
        try {
            Files.createDirectories(folder);
            Path mark = folder.resolve(MARK);
            try (Stream<Path> content = Files.list(folder)) {
                if (content.findAny().isPresent() && !Files.exists(mark)) {
                    throw new Refusal(folder + " has files that are not from a demonstration: choose another --dir");
                }
            }
            LockFile claimed = take(folder, mark);
            // PostgreSQL runs as another user if this process is root, and must be able to enter the folder.
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            return claimed;
        } catch (FileSystemException | FileNotFoundException refused) {
            throw new Refusal(refusal(folder, refused));
        }
    }

    /** Empties the folder for a new demonstration, after the servers of a killed one have ended. */
    static void empty(Path folder, Screen screen) throws Exception {
        Path earlier = folder.resolve("postgres");
        screen.await(
                "the previous demonstration's PostgreSQL ends in " + earlier,
                () -> !AbandonedClusters.isAtWork(earlier));
        Path mark = folder.resolve(MARK);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> !path.equals(mark)).toList()) {
                ThrowawayCluster.remove(file);
                if (Files.exists(file)) {
                    throw new Refusal("cannot remove " + file + " of an earlier demonstration, which belongs to "
                            + owner(file) + "; " + elsewhere());
                }
            }
        }
    }

    private static LockFile take(Path folder, Path mark) throws IOException {
        return LockFile.take(mark)
                .orElseThrow(
                        () -> new Refusal("a demonstration runs in " + folder + ": end it, or choose another --dir"));
    }

    private static String refusal(Path folder, IOException refused) {
        Path existing = folder;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        String reason = refused instanceof FileSystemException system && system.getReason() != null
                ? system.getReason().toLowerCase(java.util.Locale.ROOT)
                : "permission denied";
        String message = refused instanceof FileNotFoundException
                        && refused.getMessage() != null
                        && refused.getMessage().contains("Read-only")
                ? "read-only file system"
                : reason;
        return "cannot write to " + folder + ": " + message + "; " + existing + " belongs to " + owner(existing)
                + ", and you are " + System.getProperty("user.name") + "; " + elsewhere();
    }

    private static String elsewhere() {
        return "choose another folder: ./pgsteward demo --dir /tmp/pgsteward-demo-"
                + CommandPrefix.word(System.getProperty("user.name", "2"));
    }

    private static String owner(Path path) {
        try {
            return Files.getOwner(path).getName();
        } catch (IOException unknown) {
            return "an unknown user";
        }
    }
}
