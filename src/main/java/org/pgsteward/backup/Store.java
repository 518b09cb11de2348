package org.pgsteward.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.BackupKind;

/**
 * The folder of backups: {@code <service>/<service>-<UTC time>.dump.zst}, with {@code .age} where it is sealed, a manifest
 * beside each, and {@code .part} while one is written.
 */
public final class Store {
    /** Bytes of a manifest or another document; one of ten thousand tables has one million. */
    private static final int MOST_BYTES = 4 * 1024 * 1024;

    /** Tables of a database: more do not fit into the memory of a small host. */
    static final int MOST_TABLES = 50_000;

    /** Names and values of a document: two for each table, and some thousands for all else. */
    private static final int MOST_PARTS = 2 * MOST_TABLES + 20_000;

    /** Characters of one text in a document: while it is read, it needs six times the memory. */
    static final int LONGEST_TEXT = 100_000;

    /** What to do about a manifest that pgsteward would not write. */
    static final String REMOVE = "; remove it if another program wrote it";

    /** The folder of the sets' documents. */
    static final String SETS = "_sets";

    static final String MANIFEST = ".manifest.json";
    private static final String JSON = ".json";
    private static final String PART = ".part";
    private static final String SEALED = ".age";

    /** Of what is written here: names, table names and hashes concern the user of pgsteward alone, as the dumps do. */
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** Most names in a manifest are those of tables, and each stands there once: to remember them takes memory for nothing. */
    private static final JsonFactory PARSERS = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_TEXT)
                    .maxNameLength(LONGEST_TEXT)
                    .build())
            .build();

    private final Path root;
    private final ObjectMapper json;

    /** For lists of many backups. */
    private final ObjectMapper jsonWithoutRows;

    private final ManifestKeys keys;

    /** Since when backups are signed, once it is known; a backup that retention removes does not change that. */
    private volatile Optional<Instant> signedSince = Optional.empty();

    /** A store whose manifests nobody signs. */
    public Store(Path root, ObjectMapper json) {
        this(root, json, ManifestKeys.NONE);
    }

    /** @param keys which sign and verify its manifests */
    public Store(Path root, ObjectMapper json, ManifestKeys keys) {
        this.root = root;
        this.keys = keys;
        // The manifest is read by other programs too, and has their spelling.
        this.json = json.copy().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
        this.jsonWithoutRows = this.json.copy().addMixIn(Manifest.class, UnkeptRows.Mixin.class);
    }

    public Path root() {
        return root;
    }

    static String backupId(String service, Instant at) {
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

    /** Whether there is a backup of that name already, sealed or not. */
    boolean has(String service, String backupId, BackupKind kind) {
        return isTaken(relativePath(service, backupId, kind, false))
                || isTaken(relativePath(service, backupId, kind, true));
    }

    private boolean isTaken(String relativePath) {
        return Files.exists(resolve(relativePath), LinkOption.NOFOLLOW_LINKS)
                || Files.exists(resolve(relativePath + MANIFEST), LinkOption.NOFOLLOW_LINKS);
    }

    /** Removes what lies where a run is about to write: Camel would follow a link that another program made there. */
    void clear(String relativePath) throws IOException {
        requireFolder(relativePath);
        Files.deleteIfExists(resolve(partOf(relativePath)));
    }

    /** Its files would lie anywhere, and the folder is passed over where the store is listed. */
    private void requireFolder(String relativePath) throws IOException {
        Path folder = folderOf(relativePath);
        if (Files.isSymbolicLink(folder)) {
            throw new IOException("cannot use " + folder
                    + ": it is a link, and links in the store are not followed; put a folder in its place");
        }
    }

    private Path folderOf(String relativePath) {
        return root.resolve(relativePath.substring(0, relativePath.indexOf('/')));
    }

    /** Returns the size in bytes of the {@code .part} of a backup, which is a plain file. */
    long written(String relativePath) throws IOException {
        Path part = resolve(partOf(relativePath));
        BasicFileAttributes found = Files.readAttributes(part, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()) {
            throw new IOException(part + " is no plain file: another program put it there");
        }
        return found.size();
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
        return ServiceFolder.name(manifest.service()) + "/" + manifest.file();
    }

    static String partOf(String relativePath) {
        return relativePath + PART;
    }

    Path resolve(String relativePath) {
        return root.resolve(relativePath);
    }

    /**
     * Gives a written {@code .part} its name for good: data first, then the name, then the folder that holds the name,
     * and the manifest's name last in the same way. The manifest is written before any name is given, so that whoever
     * dies in between leaves an unfinished file to be found by.
     *
     * @throws IOException when any of it fails; the final name then does not exist, or has no manifest
     */
    void publish(String relativePath, Manifest manifest) throws IOException {
        Path part = resolve(partOf(relativePath));
        Path target = resolve(relativePath);
        Path folder = folderOf(relativePath);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString(), null, "a backup is never written over");
        }
        sync(part);
        try {
            ManifestFields.check(manifest);
        } catch (IOException e) {
            throw new IOException("cannot write the manifest of " + manifest.backupId() + ": " + e.getMessage(), e);
        }
        byte[] signed = keys.signed(json.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
        if (signed.length > MOST_BYTES || manifest.rows().size() > MOST_TABLES) {
            throw new IOException("cannot write the manifest of " + manifest.backupId() + ": it has "
                    + manifest.rows().size() + " tables in " + signed.length + " bytes, and the limits are "
                    + MOST_TABLES + " and " + MOST_BYTES);
        }
        Path manifestPart = resolve(relativePath + MANIFEST + PART);
        writePrivate(manifestPart, signed);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        sync(folder);
        Files.move(manifestPart, resolve(relativePath + MANIFEST), StandardCopyOption.ATOMIC_MOVE);
        sync(folder);
    }

    /**
     * Takes back whatever a run that failed has written, and nothing else: a file under the final name only if this run
     * gave it that name, which its unfinished manifest tells.
     */
    void discard(String relativePath) throws IOException {
        Path manifestPart = resolve(relativePath + MANIFEST + PART);
        boolean named = !Files.deleteIfExists(resolve(partOf(relativePath))) && Files.exists(manifestPart);
        if (named && !Files.exists(resolve(relativePath + MANIFEST))) {
            Files.deleteIfExists(resolve(relativePath));
        }
        Files.deleteIfExists(manifestPart);
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
        try {
            writePrivate(part, json.writerWithDefaultPrettyPrinter().writeValueAsBytes(document));
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
        sync(folder);
    }

    /** A document; empty when it is not there. */
    <T> Optional<T> document(String relativePath, Class<T> type) throws IOException {
        try {
            Path file = resolve(relativePath);
            return Optional.of(parsed(json, file, BoundedFile.bytesNoLink(file, MOST_BYTES), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** The names of a folder's documents, without their ending. */
    List<String> documents(String folder) throws IOException {
        return names(folder, JSON);
    }

    /** The same of those that somebody was writing: now, or when it was killed. */
    List<String> unfinished(String folder) throws IOException {
        return names(folder, JSON + PART);
    }

    private List<String> names(String folder, String ending) throws IOException {
        try {
            return FolderNames.in(root.resolve(folder), ending).oldestFirst().stream()
                    .map(file -> file.getFileName().toString())
                    .map(name -> name.substring(0, name.length() - ending.length()))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** As the documents are spelt. */
    String text(Object document) throws IOException {
        return json.writeValueAsString(document);
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
    Unparsed unparsed(Path manifest) throws IOException {
        byte[] bytes = BoundedFile.bytesNoLink(manifest, MOST_BYTES);
        return new Unparsed(manifest, bytes, keys.check(bytes));
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

    /** The bytes of a manifest, and what its signature says of them. */
    final class Unparsed {
        private final Path file;
        private final byte[] bytes;
        private final ManifestSignature signature;

        private Unparsed(Path file, byte[] bytes, ManifestSignature signature) {
            this.file = file;
            this.bytes = bytes;
            this.signature = signature;
        }

        ManifestSignature signature() {
            return signature;
        }

        int length() {
            return bytes.length;
        }

        /** @throws IOException when it is not as {@link ManifestFields} has it */
        Signed parse() throws IOException {
            return parse(json);
        }

        /** The same without the rows of tables. They are checked, and need no memory. */
        Signed parseWithoutRows() throws IOException {
            return parse(jsonWithoutRows);
        }

        private Signed parse(ObjectMapper mapper) throws IOException {
            Manifest read = parsed(mapper, file, bytes, Manifest.class);
            try {
                ManifestFields.check(read);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + REMOVE, e);
            }
            return new Signed(read, signature);
        }
    }

    /** The message leaves out what the parser quotes: a file that another program put there may hold a secret. */
    private static <T> T parsed(ObjectMapper mapper, Path file, byte[] content, Class<T> type) throws IOException {
        try (JsonParser parser = new BoundedJson(PARSERS.createParser(content), MOST_PARTS)) {
            T read = mapper.readValue(parser, type);
            if (read == null) {
                throw new IOException(file + " is not as pgsteward writes it: it is null");
            }
            return read;
        } catch (RuntimeException e) {
            // A time or number that Java has no room for.
            throw new IOException(file + " is not as pgsteward writes it", e);
        } catch (JsonProcessingException e) {
            if (e.getCause() instanceof BoundedJson.TooMany) {
                throw new IOException(file + " has more than " + MOST_PARTS + " names and values, which pgsteward never"
                        + " writes; remove it");
            }
            if (e instanceof StreamConstraintsException || e.getCause() instanceof StreamConstraintsException) {
                throw new IOException(file + " has a text of more than " + LONGEST_TEXT + " characters, which pgsteward"
                        + " never writes; remove it");
            }
            JsonLocation at = e.getLocation();
            throw new IOException(file + " is not as pgsteward writes it"
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
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

    /** The same of one that was read already: another program may change the file between two readings. */
    Optional<String> alteration(Signed signed) throws IOException {
        Instant startedAt = signed.manifest().startedAt();
        return switch (signed.signature()) {
            case MISSING, FOREIGN -> signed.signature().alteration(startedAt, signedSince());
            case VALID, WRONG, UNCHECKED -> signed.signature().alteration(startedAt, Optional.empty());
        };
    }

    private Optional<Instant> signedSince() throws IOException {
        if (signedSince.isEmpty()) {
            signedSince = firstSigned();
        }
        return signedSince;
    }

    /** As {@link Inventory#signedSince}, without keeping any manifest. */
    private Optional<Instant> firstSigned() throws IOException {
        List<Instant> first = new ArrayList<>();
        ManifestReading manifests = new ManifestReading(this, ManifestBudget.signedOnly());
        for (Path folder : folders()) {
            manifests.read(folder, MANIFEST, (file, read) -> {
                Instant at = read.manifest().startedAt();
                if (read.signature() == ManifestSignature.VALID && (first.isEmpty() || at.isBefore(first.get(0)))) {
                    first.clear();
                    first.add(at);
                }
                return 0;
            });
        }
        return first.stream().findFirst();
    }

    /**
     * Returns the sizes in bytes of a service's backups of one kind, the newest name first; altered ones do not count.
     *
     * @throws IOException when its folder cannot be read
     */
    List<Long> sizes(String service, BackupKind kind) throws IOException {
        List<Long> sizes = new ArrayList<>();
        new ManifestReading(this).read(folderOfService(service), MANIFEST, (file, read) -> {
            Manifest manifest = read.manifest();
            // Another program could claim a size for which no disk has room.
            if (manifest.kind().equals(kind.word())
                    && alteration(read).isEmpty()
                    && problem(path(manifest), manifest.sizeBytes()).isEmpty()) {
                sizes.add(manifest.sizeBytes());
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
        Set<String> cleared = new TreeSet<>();
        for (Path path : folders()) {
            if (parts(path).isEmpty()) {
                continue;
            }
            String folder = path.getFileName().toString();
            Optional<RunLock> lock = RunLock.ofFolder(locks, folder);
            if (lock.isPresent()) {
                try {
                    // Looked at again: until we had the lock, somebody may have been at work here.
                    for (Path part : parts(path)) {
                        discard(folder + "/" + finalName(part));
                    }
                    cleared.add(folder);
                } finally {
                    lock.get().close();
                }
            }
        }
        return cleared;
    }

    private static String finalName(Path part) {
        String name = part.getFileName().toString();
        String whole = name.substring(0, name.length() - PART.length());
        return whole.endsWith(MANIFEST) ? whole.substring(0, whole.length() - MANIFEST.length()) : whole;
    }

    private static List<Path> parts(Path folder) throws IOException {
        return in(folder, PART);
    }

    /**
     * What in a folder has an ending, by name; nothing where there is none. The files are not looked at, as a walk would: what somebody
     * is writing may have its final name by then.
     */
    private static List<Path> in(Path folder, String ending) throws IOException {
        try {
            return FolderNames.in(folder, ending).oldestFirst();
        } catch (NoSuchFileException | NotDirectoryException none) {
            return List.of();
        }
    }

    private List<Path> folders() throws IOException {
        try {
            return FolderNames.folders(root).oldestFirst();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    /** Writes a file that only the user of pgsteward can read, and makes it durable. */
    static void writePrivate(Path file, byte[] content) throws IOException {
        // A process that died may have left a file there, or another program may have made a link.
        Files.deleteIfExists(file);
        try (FileChannel channel =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
