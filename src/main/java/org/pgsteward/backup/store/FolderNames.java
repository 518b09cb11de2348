package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The names in a folder of the store, newest first. Their number is limited, since another program may have put any
 * number of files there. A name contains the time, so the last in order is the newest.
 *
 * @param left the number of names beyond the limit
 */
record FolderNames(List<Path> newestFirst, long left) {
    /** The limit for one folder. A service with a backup an hour reaches it after half a year. */
    static final int MOST = 5_000;

    /**
     * Returns the names with this ending.
     *
     * @throws NoSuchFileException if the folder does not exist
     */
    static FolderNames in(Path folder, String ending) throws IOException {
        return in(folder, entry -> entry.toString().endsWith(ending), MOST);
    }

    /** Returns the names with this ending, oldest first and without the ending; empty if the folder does not exist. */
    static List<String> without(String ending, Path folder) throws IOException {
        try {
            return in(folder, ending).oldestFirst().stream()
                    .map(file -> file.getFileName().toString())
                    .map(name -> name.substring(0, name.length() - ending.length()))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** Returns the folders in a folder. */
    static FolderNames folders(Path folder) throws IOException {
        return in(folder, entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS), MOST);
    }

    static FolderNames in(Path folder, Predicate<Path> wanted, int most) throws IOException {
        PriorityQueue<String> newest = new PriorityQueue<>();
        long left = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                if (wanted.test(entry)) {
                    newest.add(entry.getFileName().toString());
                    if (newest.size() > most) {
                        newest.remove();
                        left++;
                    }
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        List<String> names = new ArrayList<>(newest);
        names.sort(Comparator.reverseOrder());
        return new FolderNames(names.stream().map(folder::resolve).toList(), left);
    }

    /** Returns the union of both. */
    FolderNames with(FolderNames others) {
        Set<Path> all = new TreeSet<>(Comparator.reverseOrder());
        all.addAll(newestFirst);
        all.addAll(others.newestFirst);
        return new FolderNames(List.copyOf(all), left + newestFirst.size() - all.size());
    }

    /** Returns the names in ascending order, oldest first. */
    List<Path> oldestFirst() {
        return newestFirst.stream().sorted().toList();
    }
}
