package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;

/** The bytes of a manifest, and the result of the check of its signature. */
final class UnparsedManifest {
    private final StoreJson json;
    private final Path file;
    private final byte[] bytes;
    private final ManifestSignature signature;

    UnparsedManifest(StoreJson json, Path file, byte[] bytes, ManifestSignature signature) {
        this.json = json;
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

    /**
     * Parses the manifest.
     *
     * @throws IOException if the JSON or one of its values is invalid
     */
    Store.Signed parse() throws IOException {
        return checked(json.read(file, bytes, Manifest.class));
    }

    /** Returns the manifest without the rows of tables. */
    Store.Signed parseWithoutRows() throws IOException {
        return checked(json.readWithoutRows(file, bytes));
    }

    private Store.Signed checked(Manifest read) throws IOException {
        try {
            ManifestFields.check(read);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + StoreJson.REMOVE, e);
        }
        return new Store.Signed(read, signature);
    }
}
