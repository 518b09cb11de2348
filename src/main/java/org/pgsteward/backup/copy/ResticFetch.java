package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The documents of a catalogue in a temporary folder. */
final class ResticFetch {
    private static final Logger LOG = LoggerFactory.getLogger(ResticFetch.class);

    /** 500 services with 200 backups each. */
    private static final int MOST_FILES = 200_000;

    /** A manifest has a thousand bytes, with ten thousand tables a million. */
    private static final long MOST_BYTES = 2L << 30;

    /** The start of the names of temporary folders. */
    private static final String TEMPORARY = "fetched-";

    private static final Duration OLD = Duration.ofDays(1);

    private final Restic restic;

    /** The private folder, in which the temporary ones are. */
    private final Path folder;

    ResticFetch(Restic restic, Path folder) {
        this.restic = restic;
        this.folder = folder;
    }

    /** Work with the documents of a catalogue, in a folder that is removed afterwards. */
    @FunctionalInterface
    interface Work<T> {
        T with(Path fetched) throws IOException;
    }

    /** Fetches the newest catalogue that can be read. */
    <T> T with(List<ResticSnapshot> newestFirst, Work<T> work) throws IOException, InterruptedException {
        for (int i = 0; ; i++) {
            try {
                return with(newestFirst.get(i), work);
            } catch (ResticFailure e) {
                // The link is at fault, or all of them are damaged.
                if (e.kind() != ResticFailure.Kind.OTHER || i == newestFirst.size() - 1) {
                    throw e;
                }
                LOG.warn(
                        "the catalogue {} cannot be read, an older one is used: {}",
                        newestFirst.get(i).id(),
                        e.getMessage());
            }
        }
    }

    <T> T with(ResticSnapshot catalogue, Work<T> work) throws IOException, InterruptedException {
        Restic.Size size = restic.size(catalogue);
        if (size.bytes() > MOST_BYTES || size.files() > MOST_FILES) {
            throw new IOException("the catalogue " + catalogue.id() + " in the restic repository has " + size.files()
                    + " files and " + size.bytes() + " bytes, more than the limit");
        }
        Path fetched = Files.createTempDirectory(folder, TEMPORARY);
        try {
            restic.run("restore", "--quiet", catalogue.id(), "--target", fetched.toString());
            return work.with(fetched);
        } finally {
            delete(fetched);
        }
    }

    /** Removes the temporary folders and the logs of ssh of killed processes. */
    void clear() throws IOException {
        FileTime old = FileTime.from(Instant.now().minus(OLD));
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "{" + TEMPORARY + "*,ssh-*.log}")) {
            for (Path one : left) {
                if (Files.getLastModifiedTime(one, LinkOption.NOFOLLOW_LINKS).compareTo(old) < 0) {
                    delete(one);
                }
            }
        }
    }

    /** Returns the paths of the documents in a folder. Other files of a repository are left out. */
    static Set<String> paths(Path folder) throws IOException {
        Set<String> paths = new TreeSet<>();
        try (Stream<Path> files = Files.walk(folder, 2)) {
            files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> !AtomicFile.isPart(file.getFileName().toString()))
                    .map(file -> folder.relativize(file).toString())
                    .filter(ResticCatalogue::isDocument)
                    .forEach(paths::add);
        }
        return paths;
    }

    static void move(Path from, Path to) throws IOException {
        Files.createDirectories(to.resolveSibling(""));
        Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException gone) {
            LOG.debug("{} is removed already", folder);
        }
    }
}
