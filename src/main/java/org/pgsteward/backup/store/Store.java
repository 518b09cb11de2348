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
import org.pgsteward.backup.underway.ServiceFolder;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.BackupKind;

/**
 * The folder of backups: {@code <service>/<service>-<UTC time>.dump.zst}, with {@code .age} where it is sealed, a manifest
 * beside each, and {@code .part} while one is written.
 */
public final class Store {
    /** The folder of the sets' documents. */
    static final String SETS = "_sets";

    static final String MANIFEST = ".manifest.json";
    static final String PART = ".part";
    private static final String SEALED = ".age";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Path root;
    private final StoreJson json;
    private final ManifestKeys keys;
    private final FirstSignature firstSignature = new FirstSignature(this);

    /** A store whose manifests nobody signs. */
    public Store(Path root, ObjectMapper json) {
        this(root, json, ManifestKeys.NONE);
    }

    /** @param keys which sign and verify its manifests */
    public Store(Path root, ObjectMapper json, ManifestKeys keys) {
        this.root = root;
        this.keys = keys;
        this.json = new StoreJson(json);
    }

    public Path root() {
        return root;
    }

    /** Returns the id of a backup that begins at {@code at}: ids go by the second. */
    public static String backupId(String service, Instant at) {
        return ServiceFolder.name(service) + "-" + time(at);
    }

    /** The second, as it stands in names. */
    static String time(Instant at) {
        return TIME.format(at);
    }

    /** The folder of a service's backups; it need not exist. */
    Path folderOfService(String service) {
        return root.resolve(ServiceFolder.name(service));
    }

    /** Relative to the root, with slashes. */
    static String relativePath(String service, String backupId, BackupKind kind, boolean sealed) {
        return ServiceFolder.name(service) + "/" + backupId + "." + kind.extension() + ".zst" + (sealed ? SEALED : "");
    }

    /** Returns the first second from {@code at} on in which a backup of the service can begin: ids go by the second. */
    public Instant freeTime(String service, BackupKind kind, Instant at) {
        Instant free = at;
        while (isTaken(relativePath(service, backupId(service, free), kind, false))
                || isTaken(relativePath(service, backupId(service, free), kind, true))) {
            free = free.plusSeconds(1);
        }
        return free;
    }

    /**
     * Returns the place of a backup that is made now.
     *
     * @param isEncrypted whether its file is
     */
    public UnfinishedBackup newBackup(String service, String backupId, BackupKind kind, boolean isEncrypted) {
        return new UnfinishedBackup(this, relativePath(service, backupId, kind, isEncrypted));
    }

    /** Returns the file of a backup, to be read. */
    public StoredFile file(StoredBackup backup, AgeKeys keys) {
        return new StoredFile(resolve(backup.path()), backup.manifest(), keys);
    }

    private boolean isTaken(String relativePath) {
        return Files.exists(resolve(relativePath), LinkOption.NOFOLLOW_LINKS)
                || Files.exists(resolve(relativePath + MANIFEST), LinkOption.NOFOLLOW_LINKS);
    }

    /** Its files would lie anywhere, and the folder is passed over where the store is listed. */
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
     * @return what is wrong, to be printed after its name: {@code is not in the store}; empty where nothing is
     */
    public Optional<String> problem(String relativePath, long sizeBytes) {
        try {
            requireFolder(relativePath);
            BasicFileAttributes found =
                    Files.readAttributes(resolve(relativePath), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isRegularFile()) {
                return Optional.of("is no plain file");
            }
            return found.size() == sizeBytes
                    ? Optional.empty()
                    : Optional.of("has " + found.size() + " bytes, and had " + sizeBytes);
        } catch (NoSuchFileException e) {
            return Optional.of("is not in the store " + root);
        } catch (IOException | InvalidPathException e) {
            return Optional.of("cannot be looked at: " + e.getMessage());
        }
    }

    /** The same for one whose manifest is at hand, by whose word its file goes. */
    public static String path(Manifest manifest) {
        return ServiceFolder.name(manifest.source().service()) + "/"
                + manifest.file().name();
    }

    static String partOf(String relativePath) {
        return relativePath + PART;
    }

    Path resolve(String relativePath) {
        return root.resolve(relativePath);
    }

    /** Whether a backup is there, with its manifest. */
    boolean isWhole(String relativePath) {
        return Files.exists(resolve(relativePath)) && Files.exists(resolve(relativePath + MANIFEST));
    }

    /** Puts a document in place of the one before, whole or not at all; a full disk gets no file more each time. */
    void write(String relativePath, Object document) throws IOException {
        Path target = resolve(relativePath);
        Path part = resolve(partOf(relativePath));
        Path folder = folderOf(relativePath);
        requireFolder(relativePath);
        Files.createDirectories(folder);
        AtomicFile.write(target, part, json.bytes(document), AtomicFile.PRIVATE);
    }

    /** A document; empty when it is not there. */
    <T> Optional<T> document(String relativePath, Class<T> type) throws IOException {
        try {
            Path file = resolve(relativePath);
            return Optional.of(json.read(file, BoundedFile.bytesNoLink(file, StoreJson.MOST_BYTES), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** As the documents are spelt. */
    String text(Object document) throws IOException {
        return json.text(document);
    }

    /** @throws IOException when it is not there or cannot be read */
    Manifest manifest(String relativePath) throws IOException {
        return read(resolve(relativePath + MANIFEST));
    }

    private Manifest read(Path manifest) throws IOException {
        return unparsed(manifest).parse().manifest();
    }

    /** A manifest, and what its signature says of it. */
    record Signed(Manifest manifest, ManifestSignature signature) {}

    /** The same as {@link #signed}, without the rows of tables. */
    Signed listed(String relativePath) throws IOException {
        return unparsed(resolve(relativePath + MANIFEST)).parseWithoutRows();
    }

    /** @throws IOException when it is not there, too large, or not as {@link ManifestFields} has it */
    Signed signed(String relativePath) throws IOException {
        return unparsed(resolve(relativePath + MANIFEST)).parse();
    }

    /**
     * Returns a backup with all that its manifest says.
     *
     * @param path of its file, relative to the store
     * @throws IOException when the manifest is not there, too large, or not as pgsteward writes it
     */
    public StoredBackup stored(String path) throws IOException {
        Signed read = signed(path);
        return new StoredBackup(path, read.manifest(), read.signature());
    }

    /** Returns the bytes of a manifest, signed where this host has a key. */
    byte[] signed(Manifest manifest) throws IOException {
        return keys.signed(json.bytes(manifest));
    }

    /**
     * Returns a backup of a list with all that its manifest says; {@link Inventory} leaves out the rows.
     *
     * @throws IOException when it cannot be read, or is not what was listed
     */
    public StoredBackup whole(StoredBackup listed) throws IOException {
        Signed read = signed(listed.path());
        if (!read.manifest().withoutRows().equals(listed.manifest().withoutRows())) {
            throw new IOException(listed.path() + MANIFEST + " was changed since it was listed; list it again");
        }
        return new StoredBackup(listed.path(), read.manifest(), read.signature());
    }

    /** Reads a manifest without its fields: to parse it takes much longer than to compare it with its signature. */
    UnparsedManifest unparsed(Path manifest) throws IOException {
        byte[] bytes = BoundedFile.bytesNoLink(manifest, StoreJson.MOST_BYTES);
        return new UnparsedManifest(json, manifest, bytes, keys.check(bytes));
    }

    /** Returns whether this host has a key for manifests. */
    boolean hasKeys() throws IOException {
        return keys.check(new byte[0]) != ManifestSignature.UNCHECKED;
    }

    /** Returns whether a manifest has a valid signature, whatever it says. */
    boolean isSigned(Path manifest) {
        try {
            return Files.size(manifest) >= ManifestKeys.SHORTEST
                    && unparsed(manifest).signature() == ManifestSignature.VALID;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Returns why the manifest of a stored backup cannot be what pgsteward wrote; empty where it can be.
     *
     * @throws IOException when it cannot be read
     */
    Optional<String> alteration(String relativePath) throws IOException {
        return alteration(signed(relativePath));
    }

    /**
     * Returns the same of one that was read already: another program may change the file between two readings.
     *
     * @throws IOException when the manifests in the store cannot be read
     */
    public Optional<String> alteration(StoredBackup backup) throws IOException {
        return alteration(new Signed(backup.manifest(), backup.signature()));
    }

    Optional<String> alteration(Signed signed) throws IOException {
        Instant startedAt = signed.manifest().run().startedAt();
        return switch (signed.signature()) {
            case MISSING, FOREIGN -> signed.signature().alteration(startedAt, firstSignature.time());
            case VALID, WRONG, UNCHECKED -> signed.signature().alteration(startedAt, Optional.empty());
        };
    }

    /**
     * Returns the sizes in bytes of a service's backups of one kind, the newest name first; altered ones do not count.
     *
     * @throws IOException when its folder cannot be read
     */
    public List<Long> sizes(String service, BackupKind kind) throws IOException {
        List<Long> sizes = new ArrayList<>();
        new ManifestReading(this).read(folderOfService(service), MANIFEST, (file, read) -> {
            Manifest manifest = read.manifest();
            // Another program could claim a size for which no disk has room.
            if (manifest.source().kind().equals(kind.word())
                    && alteration(read).isEmpty()
                    && problem(path(manifest), manifest.file().sizeBytes()).isEmpty()) {
                sizes.add(manifest.file().sizeBytes());
            }
            return 0;
        });
        return sizes;
    }

    /**
     * Removes what runs left that died with their process. A folder whose lock is held belongs to somebody at work and is
     * left alone.
     *
     * @return the folders in which there was something
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
