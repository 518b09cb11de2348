package org.pgsteward.backup.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.LimitedStream;
import org.pgsteward.io.Sha256;
import org.pgsteward.model.BackupKind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backup that comes from another place into a store. The other place is not trusted: the content gets its final name only
 * if its size and hash are as expected, and no name leads out of the store.
 *
 * <p>The content is a {@code .part} until then, as that of a new backup, so the start-up recovery removes what a killed
 * process leaves.
 */
public final class ReceivedBackup {
    private static final Logger LOG = LoggerFactory.getLogger(ReceivedBackup.class);

    private static final int BUFFER = 128 * 1024;

    private final Store from;
    private final Store into;
    private final StoredBackup backup;
    private final UnfinishedBackup unfinished;

    /**
     * @param from the store that has the manifest
     * @param listed a backup of that store
     * @param into the store that gets the file and the manifest; it may be the same one
     * @throws IOException if the manifest cannot be read, or is not that of a file with this name
     */
    public ReceivedBackup(Store from, StoredBackup listed, Store into) throws IOException {
        this.from = from;
        this.into = into;
        this.backup = from.whole(listed);
        Manifest manifest = backup.manifest();
        String expected = path(manifest, manifest.file().isEncrypted());
        if (!expected.equals(backup.path())) {
            throw new IOException("the manifest of " + backup.path() + " is that of " + expected);
        }
        this.unfinished = unfinished(manifest.file().isEncrypted());
    }

    private static String path(Manifest manifest, boolean isEncrypted) {
        return Store.relativePath(
                manifest.source().service(),
                manifest.identity().backupId(),
                BackupKind.of(manifest.source().kind()),
                isEncrypted);
    }

    private UnfinishedBackup unfinished(boolean isEncrypted) {
        return new UnfinishedBackup(into, path(backup.manifest(), isEncrypted));
    }

    /** Returns this backup if the store has it already, whole and unaltered, as a file of either form. */
    public Optional<StoredBackup> there() {
        for (boolean isEncrypted : List.of(true, false)) {
            try {
                StoredBackup stored = into.stored(path(backup.manifest(), isEncrypted));
                if (stored.manifest().identity().equals(backup.manifest().identity())
                        && into.alteration(stored).isEmpty()) {
                    into.file(stored, AgeKeys.NONE).check();
                    return Optional.of(stored);
                }
            } catch (IOException notWhole) {
                LOG.debug("{} is fetched: {}", backup.path(), notWhole.toString());
            }
        }
        return Optional.empty();
    }

    private static InputStream limited(InputStream content, long most) {
        return new LimitedStream(content, most, "it has more than the " + most + " bytes of its manifest");
    }

    /**
     * Stores the file as it is in the store that made it, with the same manifest.
     *
     * @throws IOException if the content is not the expected one; the store is then unchanged
     */
    public StoredBackup asStored(InputStream content) throws IOException {
        Manifest.File expected = backup.manifest().file();
        byte[] manifest = BoundedFile.bytesNoLink(from.resolve(Store.manifestOf(backup.path())), StoreJson.MOST_BYTES);
        return store(unfinished, () -> {
            MessageDigest hash = Sha256.digest();
            InputStream limited = limited(content, expected.sizeBytes());
            long size = write(unfinished, new DigestInputStream(limited, hash));
            require(size, expected.sizeBytes(), hash, expected.sha256());
            return manifest;
        });
    }

    /**
     * Compresses the plain content, and encrypts it if there are recipients. The key of this host signs the new manifest
     * only if it has signed the one of the other place.
     *
     * @param sha256 the expected hash of the plain content
     * @throws IOException if the content is not the expected one; the store is then unchanged
     */
    public StoredBackup asPlain(InputStream plain, String sha256, AgeKeys keys) throws IOException {
        Manifest.File expected = backup.manifest().file();
        UnfinishedBackup other = unfinished(keys.encrypts());
        StoredBackup stored = store(other, () -> {
            MessageDigest plainHash = Sha256.digest();
            MessageDigest hash = Sha256.digest();
            InputStream limited = limited(plain, expected.sourceBytes());
            CompressedStream compressed = new CompressedStream(new DigestInputStream(limited, plainHash));
            long size;
            try (InputStream form = keys.encrypts() ? keys.encrypted(compressed) : compressed) {
                size = write(other, new DigestInputStream(form, hash));
            }
            require(compressed.sourceBytes(), expected.sourceBytes(), plainHash, sha256);
            Manifest.File file = new Manifest.File(
                    other.fileName(),
                    HexFormat.of().formatHex(hash.digest()),
                    size,
                    expected.sourceBytes(),
                    keys.recipients(),
                    expected.verification(),
                    expected.contentSha256());
            return other.bytes(backup.manifest().in(file), backup.signature() == ManifestSignature.VALID);
        });
        if (from.root().equals(into.root()) && !stored.path().equals(backup.path())) {
            // Otherwise the store would list the backup twice.
            Files.deleteIfExists(from.resolve(Store.manifestOf(backup.path())));
        }
        return stored;
    }

    /** Writes the content of a backup, and returns the bytes of its manifest. */
    @FunctionalInterface
    private interface Content {
        byte[] write() throws IOException;
    }

    private StoredBackup store(UnfinishedBackup place, Content content) throws IOException {
        Files.createDirectories(into.folderOf(place.path()));
        Path target = into.resolve(place.path());
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(target + " exists with another content; move it away");
        }
        place.clear();
        boolean done = false;
        try {
            place.publish(content.write());
            done = true;
        } finally {
            if (!done) {
                place.discard();
            }
        }
        return into.stored(place.path());
    }

    /** Returns the number of written bytes. */
    private static long write(UnfinishedBackup place, InputStream content) throws IOException {
        long size = 0;
        try (FileChannel channel = FileChannel.open(
                        place.partFile(),
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        AtomicFile.PRIVATE);
                OutputStream out = Channels.newOutputStream(channel)) {
            byte[] buffer = new byte[BUFFER];
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                size += read;
                out.write(buffer, 0, read);
            }
            channel.force(true);
        }
        return size;
    }

    private static void require(long size, long expectedSize, MessageDigest hash, String expected) throws IOException {
        String found = HexFormat.of().formatHex(hash.digest());
        if (size != expectedSize) {
            throw new IOException("it has " + size + " bytes instead of " + expectedSize);
        }
        if (!found.equals(expected)) {
            throw new IOException("its SHA-256 is " + found + " instead of " + expected);
        }
    }
}
