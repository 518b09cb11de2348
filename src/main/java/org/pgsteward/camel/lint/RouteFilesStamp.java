package org.pgsteward.camel.lint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The inode, the size and the time of the last change of each route file, which are read faster than the contents. Every edit
 * changes one of them, and so does a change of the permissions.
 *
 * @param entries by name, such as {@code receivers/slack.camel.yaml}
 */
public record RouteFilesStamp(Map<String, Map<String, Object>> entries) {
    /** The kernel sets the time {@code ctime}, and no program can set it back. */
    private static final String ATTRIBUTES = "unix:ino,size,ctime";

    public RouteFilesStamp {
        entries = Map.copyOf(entries);
    }

    /** Reads the stamp of a folder; an empty one if the folder does not exist. */
    public static RouteFilesStamp read(Path folder) throws IOException {
        Map<String, Map<String, Object>> entries = new TreeMap<>();
        for (String pattern : RouteFiles.ALL) {
            int slash = pattern.lastIndexOf('/') + 1;
            String parent = pattern.substring(0, slash);
            try (DirectoryStream<Path> files =
                    Files.newDirectoryStream(folder.resolve(parent), pattern.substring(slash))) {
                for (Path file : files) {
                    entries.put(parent + file.getFileName(), entry(file));
                }
            } catch (NoSuchFileException | NotDirectoryException none) {
                // The next stamp shows a folder that appears.
            }
        }
        return new RouteFilesStamp(entries);
    }

    private static Map<String, Object> entry(Path file) throws IOException {
        try {
            return Files.readAttributes(file, ATTRIBUTES);
        } catch (NoSuchFileException gone) {
            // Removed meanwhile, or a link without a target.
            return Map.of();
        }
    }
}
