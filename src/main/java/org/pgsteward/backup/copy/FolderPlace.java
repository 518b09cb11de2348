package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgsteward.backup.store.CardOrigin;
import org.pgsteward.backup.store.ShellWord;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder on another disk or a mounted NAS.
 *
 * <p>A folder whose disk is not mounted looks like an empty one. So the first pass leaves a marker in it. If the journal
 * records copies there, a folder without the marker is refused, and so is one whose mount is missing.
 */
public final class FolderPlace implements CopyPlace {
    /** The file that shows that the disk is mounted. */
    static final String MARKER = ".pgsteward-copies";

    private static final Logger LOG = LoggerFactory.getLogger(FolderPlace.class);

    private static final String PART = ".part";

    private final Path root;
    private final Optional<Path> mountpoint;

    /** @param mountpoint the mount that must be there */
    public FolderPlace(Path root, Optional<Path> mountpoint) {
        this.root = root;
        this.mountpoint = mountpoint;
    }

    @Override
    public void begin(int copies) throws IOException {
        requireFolder();
        Path marker = root.resolve(MARKER);
        if (Files.exists(marker, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (copies > 0) {
            throw new IOException("the journal records copies in " + root + ", but its file " + MARKER
                    + " is missing; mount the disk, or create that file if you emptied the folder yourself");
        }
        removeUnfinishedMarkers();
        AtomicFile.write(marker, "pgsteward copies its backups into this folder.\n".getBytes(StandardCharsets.UTF_8));
    }

    /** Removes the files of processes that were killed while they wrote the marker. */
    private void removeUnfinishedMarkers() throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(root, "." + MARKER + ".*" + PART)) {
            for (Path part : parts) {
                Files.deleteIfExists(part);
            }
        }
    }

    private void requireFolder() throws IOException {
        if (mountpoint.isPresent() && !isMount(mountpoint.get())) {
            throw new IOException("nothing is mounted at " + mountpoint.get() + "; mount the disk of " + root);
        }
        if (!Files.isDirectory(root)) {
            throw new IOException("the folder " + root
                    + " does not exist; create it on the other disk, with write permission for pgsteward's user");
        }
    }

    /** Returns whether a folder is the root of a mounted file system: it is on another device than its parent. */
    private static boolean isMount(Path folder) throws IOException {
        Path real;
        try {
            real = folder.toRealPath();
        } catch (NoSuchFileException e) {
            return false;
        }
        Path parent = real.getParent();
        return parent == null
                || !Files.getAttribute(real, "unix:dev").equals(Files.getAttribute(parent, "unix:dev"))
                || Files.getAttribute(real, "unix:ino").equals(Files.getAttribute(parent, "unix:ino"));
    }

    @Override
    public Stored put(Outgoing file) throws IOException {
        Path target = resolve(file.path());
        requireDisk();
        makeParent(target);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            if (FolderFile.hash(target).equals(file.sha256())) {
                return Stored.NOW;
            }
            if (!file.mayReplace()) {
                throw new IOException(target + " exists with another content, and pgsteward did not write it; choose"
                        + " another folder for the copies, or move that file away");
            }
        }
        Path part = target.resolveSibling(target.getFileName() + PART);
        Files.deleteIfExists(part);
        boolean complete = false;
        try {
            if (!isLinked(file, part)) {
                FolderFile.write(file, part);
            }
            String found = FolderFile.hash(part);
            if (!found.equals(file.sha256())) {
                throw new IOException(
                        "the copy " + part + " has the SHA-256 " + found + " instead of " + file.sha256());
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            requireDisk(target);
            complete = true;
        } finally {
            if (!complete) {
                discard(part);
            }
        }
        AtomicFile.sync(target.resolveSibling(""));
        return Stored.NOW;
    }

    /** Throws if the disk was removed after {@link #begin}. Its empty mount point would take the file. */
    private void requireDisk() throws IOException {
        requireFolder();
        if (!Files.exists(root.resolve(MARKER), LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("the file " + MARKER + " of " + root
                    + " has vanished during the pass; mount the disk, or create that file if you emptied the folder"
                    + " yourself");
        }
    }

    /** Throws if a file that was written just now is on the mount point of a removed disk, and removes the file. */
    private void requireDisk(Path written) throws IOException {
        try {
            requireDisk();
        } catch (IOException gone) {
            discard(written);
            throw gone;
        }
    }

    private void makeParent(Path target) throws IOException {
        Path parent = target.getParent();
        if (parent == null || parent.equals(root)) {
            return;
        }
        try {
            Files.createDirectory(
                    parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            AtomicFile.sync(root);
        } catch (UnsupportedOperationException withoutModes) {
            Files.createDirectories(parent);
        } catch (FileAlreadyExistsException there) {
            if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(parent + " is not a folder, and links are not followed; move it away", there);
            }
        }
    }

    /** Gives a copy with the same content another name, if there is one. */
    private boolean isLinked(Outgoing file, Path part) throws IOException {
        return file.sameAs().isPresent()
                && FolderFile.link(file, resolve(file.sameAs().get()), part);
    }

    /** Removes an unfinished file. If the disk is gone, the next attempt replaces the file. */
    private static void discard(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException | RuntimeException gone) {
            LOG.debug("cannot remove {} now: {}", part, gone.toString());
        }
    }

    @Override
    public void commit() {
        // Each file counts at once.
    }

    @Override
    public Incoming get(String path) throws IOException {
        requireFolder();
        Path file = resolve(path);
        try {
            return Incoming.asStored(BoundedFile.openNoLink(file));
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist", e);
        }
    }

    @Override
    public boolean has(String path) throws IOException {
        requireFolder();
        return Files.exists(resolve(path), LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void remove(String path) throws IOException {
        requireFolder();
        Path file = resolve(path);
        if (Files.deleteIfExists(file)) {
            AtomicFile.sync(file.resolveSibling(""));
        }
    }

    @Override
    public List<String> list() throws IOException {
        requireFolder();
        List<String> paths = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root, 2)) {
            files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .map(file -> root.relativize(file).toString())
                    .filter(name -> !name.endsWith(PART) && !name.equals(MARKER))
                    .forEach(paths::add);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return paths;
    }

    @Override
    public Optional<Integer> manifests(Path folder) {
        return Optional.empty();
    }

    @Override
    public Optional<String> check() throws IOException {
        requireFolder();
        Path probe = root.resolve(".pgsteward-check-" + ProcessHandle.current().pid());
        byte[] content = probe.toString().getBytes(StandardCharsets.UTF_8);
        try {
            AtomicFile.write(probe, content);
            if (!Arrays.equals(BoundedFile.bytesNoLink(probe, content.length), content)) {
                throw new IOException(probe + " has another content than was written");
            }
        } finally {
            Files.deleteIfExists(probe);
        }
        return Optional.empty();
    }

    @Override
    public CardOrigin recovery(String target) {
        return CardOrigin.fetched(
                "Mount the disk with the folder `" + root + "`. If it is elsewhere now, put its present path into the"
                        + " lines.",
                "mkdir backups && cp -r " + ShellWord.file(root + "/.") + " backups && cd backups");
    }

    /** Returns the file of a path, which must not leave the folder. */
    private Path resolve(String path) throws IOException {
        Path file = root.resolve(path).normalize();
        if (!file.startsWith(root) || file.equals(root)) {
            throw new IOException("the path " + path + " leaves the folder of the copies");
        }
        return file;
    }
}
