package org.pgsteward.backup.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.pgsteward.backup.underway.ServiceFolder;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.BackupKind;

/**
 * The folder of backups. A backup is the file {@code <service>/<service>-<UTC time>.dump.zst}, with {@code .age} at the end if
 * it is encrypted, and a manifest beside it. Unfinished files end in {@code .part}.
 */
public final class Store {
    /** The folder of the sets' documents. */
    static final String SETS = "_sets";

    static final String MANIFEST = ".manifest.json";
    static final String PART = ".part";
    private static final String ENCRYPTED = ".age";

    /** The largest size in bytes of a manifest or another document. */
    public static final int LARGEST_DOCUMENT = StoreJson.MOST_BYTES;

    private static final Pattern MANIFEST_PATH =
            Pattern.compile("(" + Fields.FILE.pattern() + ")/" + Fields.FILE.pattern() + Pattern.quote(MANIFEST));

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Path root;
    private final StoreJson json;
    private final StoredManifests manifests;

    /** Makes a store without signatures of manifests. */
    public Store(Path root, ObjectMapper json) {
        this(root, json, ManifestKeys.NONE);
    }

    /** @param keys that sign and verify the manifests */
    public Store(Path root, ObjectMapper json, ManifestKeys keys) {
        this.root = root;
        this.json = new StoreJson(json);
        this.manifests = new StoredManifests(this, this.json, keys);
    }

    public Path root() {
        return root;
    }

    /** Returns the id of a backup that starts at {@code at}. Ids have the precision of a second. */
    public static String backupId(String service, Instant at) {
        return ServiceFolder.name(service) + "-" + time(at);
    }

    /** Returns a time as it is in names, with the precision of a second. */
    static String time(Instant at) {
        return TIME.format(at);
    }

    /** Returns the folder of a service's backups, which need not exist. */
    Path folderOfService(String service) {
        return root.resolve(ServiceFolder.name(service));
    }

    /** Returns the path of a backup's file, relative to the root, with slashes. */
    static String relativePath(String service, String backupId, BackupKind kind, boolean encrypted) {
        return ServiceFolder.name(service) + "/" + backupId + "." + kind.extension() + ".zst"
                + (encrypted ? ENCRYPTED : "");
    }

    /** Returns the first second from {@code at} on whose id no other backup of the service has. */
    public Instant freeTime(String service, BackupKind kind, Instant at) {
        Instant free = at;
        while (isTaken(relativePath(service, backupId(service, free), kind, false))
                || isTaken(relativePath(service, backupId(service, free), kind, true))) {
            free = free.plusSeconds(1);
        }
        return free;
    }

    /**
     * Returns the place of a new backup.
     *
     * @param isEncrypted whether its file is encrypted
     */
    public UnfinishedBackup newBackup(String service, String backupId, BackupKind kind, boolean isEncrypted) {
        return new UnfinishedBackup(this, relativePath(service, backupId, kind, isEncrypted));
    }

    /** Returns the file of a backup, for reading. */
    public StoredFile file(StoredBackup backup, AgeKeys keys) {
        return new StoredFile(resolve(backup.path()), backup.manifest(), keys);
    }

    private boolean isTaken(String relativePath) {
        return Files.exists(resolve(relativePath), LinkOption.NOFOLLOW_LINKS)
                || Files.exists(resolve(relativePath + MANIFEST), LinkOption.NOFOLLOW_LINKS);
    }

    /** Throws if the folder is a link: its files could be anywhere, and a list of the store leaves it out. */
    void requireFolder(String relativePath) throws IOException {
        Path folder = folderOf(relativePath);
        if (Files.isSymbolicLink(folder)) {
            throw new IOException("cannot use " + folder
                    + ": it is a link, and links in the store are not followed; put a folder in its place");
        }
    }

    Path folderOf(String relativePath) {
        return root.resolve(relativePath.substring(0, relativePath.indexOf('/')));
    }

    /**
     * Compares a stored file with its size, without reading it.
     *
     * @return the fault, as a text to follow the name, such as {@code is not in the store}; empty without a fault
     */
    public Optional<String> problem(String relativePath, long sizeBytes) {
        try {
            requireFolder(relativePath);
            BasicFileAttributes found =
                    Files.readAttributes(resolve(relativePath), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isRegularFile()) {
                return Optional.of("is not a regular file");
            }
            return found.size() == sizeBytes
                    ? Optional.empty()
                    : Optional.of("has " + found.size() + " bytes instead of " + sizeBytes);
        } catch (NoSuchFileException e) {
            return Optional.of("is not in the store " + root);
        } catch (IOException | InvalidPathException e) {
            return Optional.of("cannot be read: " + e.getMessage());
        }
    }

    /** Returns the path of a backup, relative to the root, as its manifest has it. */
    public static String path(Manifest manifest) {
        return ServiceFolder.name(manifest.source().service()) + "/"
                + manifest.file().name();
    }

    /** Returns the path of a backup's manifest, relative to the root. */
    public static String manifestOf(String relativePath) {
        return relativePath + MANIFEST;
    }

    /** Returns whether a path has the form of a manifest's path. No such path leads out of the store. */
    public static boolean isManifestPath(String relativePath) {
        return MANIFEST_PATH.matcher(relativePath).matches();
    }

    static String partOf(String relativePath) {
        return relativePath + PART;
    }

    Path resolve(String relativePath) {
        return root.resolve(relativePath);
    }

    /** Returns whether a backup exists with its manifest. */
    boolean isWhole(String relativePath) {
        return Files.exists(resolve(relativePath)) && Files.exists(resolve(relativePath + MANIFEST));
    }

    /** Replaces a document, whole or not at all. On a full disk, repeated attempts leave no more than one unfinished file. */
    void write(String relativePath, Object document) throws IOException {
        Path target = resolve(relativePath);
        Path part = resolve(partOf(relativePath));
        Path folder = folderOf(relativePath);
        requireFolder(relativePath);
        Files.createDirectories(folder);
        AtomicFile.write(target, part, json.bytes(document), AtomicFile.PRIVATE);
    }

    /** Returns a document; empty if it does not exist. */
    <T> Optional<T> document(String relativePath, Class<T> type) throws IOException {
        try {
            Path file = resolve(relativePath);
            return Optional.of(json.read(file, BoundedFile.bytesNoLink(file, StoreJson.MOST_BYTES), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Returns a document as the text of a file. */
    String text(Object document) throws IOException {
        return json.text(document);
    }

    /** Returns the pins of operators. */
    public Pins pins() {
        return new Pins(this, json);
    }

    /** Returns the names of all files that begin with the id of a backup, in all folders; at most 5,000 in each. */
    public List<String> traces(String backupId) throws IOException {
        List<String> names = new ArrayList<>();
        for (Path folder : folders()) {
            FolderNames.in(folder, file -> file.getFileName().toString().startsWith(backupId + "."), FolderNames.MOST)
                    .newestFirst()
                    .forEach(file -> names.add(file.getFileName().toString()));
        }
        return names;
    }

    /** Returns the manifests of the backups. */
    StoredManifests manifests() {
        return manifests;
    }

    /**
     * Returns a backup with its whole manifest.
     *
     * @param path of its file, relative to the store
     * @throws IOException if the manifest does not exist, is too large, or has a form that pgsteward does not write
     */
    public StoredBackup stored(String path) throws IOException {
        SignedManifest read = manifests.readSigned(path);
        return new StoredBackup(path, read.manifest(), read.signature());
    }

    /**
     * Returns a listed backup with its whole manifest; {@link Inventory} leaves out the rows.
     *
     * @throws IOException if the manifest cannot be read, or has changed since it was listed
     */
    public StoredBackup whole(StoredBackup listed) throws IOException {
        StoredBackup read = stored(listed.path());
        if (!read.manifest().withoutRows().equals(listed.manifest().withoutRows())) {
            throw new IOException(listed.path() + MANIFEST + " was changed since it was listed; list it again");
        }
        return read;
    }

    /**
     * Returns why pgsteward cannot have written the manifest of a backup; empty if it can.
     *
     * @throws IOException if the manifests in the store cannot be read
     */
    public Optional<String> alteration(StoredBackup backup) throws IOException {
        return manifests.alteration(new SignedManifest(backup.manifest(), backup.signature()));
    }

    /**
     * Returns the sizes in bytes of a service's backups of one kind, the newest name first, without altered backups.
     *
     * @throws IOException if its folder cannot be read
     */
    public List<Long> sizes(String service, BackupKind kind) throws IOException {
        List<Long> sizes = new ArrayList<>();
        new ManifestReading(this).read(folderOfService(service), MANIFEST, (file, read) -> {
            Manifest manifest = read.manifest();
            // Another program could claim a size for which no disk has room.
            if (manifest.source().kind().equals(kind.word())
                    && manifests.alteration(read).isEmpty()
                    && problem(path(manifest), manifest.file().sizeBytes()).isEmpty()) {
                sizes.add(manifest.file().sizeBytes());
            }
            return 0;
        });
        return sizes;
    }

    /**
     * Removes the unfinished files of runs whose process has ended. Leaves out folders with a held lock, since a run is under
     * way there.
     *
     * @return the folders in which files were removed
     */
    public Set<String> discardUnfinished(Path locks) throws IOException {
        return new Leftovers(this, locks).discard();
    }

    /** Returns the folders of services, by name. */
    List<Path> folders() throws IOException {
        try {
            return FolderNames.folders(root).oldestFirst();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }
}
