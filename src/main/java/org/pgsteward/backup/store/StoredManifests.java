package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.pgsteward.io.BoundedFile;

/** The manifests of the store: their text, their signatures, and the check for alterations. */
final class StoredManifests {
    private final Store store;
    private final StoreJson json;
    private final ManifestKeys keys;
    private final FirstSignature firstSignature;

    StoredManifests(Store store, StoreJson json, ManifestKeys keys) {
        this.store = store;
        this.json = json;
        this.keys = keys;
        this.firstSignature = new FirstSignature(store);
    }

    /**
     * Returns the manifest of a backup.
     *
     * @param path of the backup's file, relative to the store
     * @throws IOException as {@link #readSigned}
     */
    Manifest read(String path) throws IOException {
        return readSigned(path).manifest();
    }

    /** @throws IOException if it does not exist, is too large, or violates {@link ManifestFields} */
    SignedManifest readSigned(String path) throws IOException {
        return unparsed(file(path)).parse();
    }

    /** The same without the rows of tables. */
    SignedManifest readWithoutRows(String path) throws IOException {
        return unparsed(file(path)).parseWithoutRows();
    }

    /** Returns a manifest before its fields are parsed: parsing takes much longer than the check of the signature. */
    UnparsedManifest unparsed(Path file) throws IOException {
        byte[] bytes = BoundedFile.bytesNoLink(file, StoreJson.MOST_BYTES);
        return new UnparsedManifest(json, file, bytes, keys.check(bytes));
    }

    private Path file(String path) {
        return store.resolve(path + Store.MANIFEST);
    }

    /** Returns the bytes of a manifest, signed if this host has a key. */
    byte[] bytes(Manifest manifest) throws IOException {
        return keys.signed(json.bytes(manifest));
    }

    /** Returns the bytes of a manifest without a signature. */
    byte[] unsignedBytes(Manifest manifest) throws IOException {
        return json.bytes(manifest);
    }

    /** Returns whether this host has a key for manifests. */
    boolean hasKeys() throws IOException {
        return keys.check(new byte[0]) != ManifestSignature.UNCHECKED;
    }

    /** Returns whether a manifest has a valid signature, whatever its content. */
    boolean isSigned(Path file) {
        try {
            return Files.size(file) >= ManifestKeys.SHORTEST && unparsed(file).signature() == ManifestSignature.VALID;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Returns why pgsteward cannot have written the manifest of a backup; empty if it can.
     *
     * @throws IOException if the manifest cannot be read
     */
    Optional<String> alteration(String path) throws IOException {
        return alteration(readSigned(path));
    }

    /**
     * Returns the same for a manifest that was read before: another program may change the file between two readings.
     *
     * @throws IOException if the manifests in the store cannot be read
     */
    Optional<String> alteration(SignedManifest signed) throws IOException {
        Instant startedAt = signed.manifest().run().startedAt();
        return switch (signed.signature()) {
            case MISSING, FOREIGN -> signed.signature().alteration(startedAt, firstSignature.time());
            case VALID, WRONG, UNCHECKED -> signed.signature().alteration(startedAt, Optional.empty());
        };
    }
}
