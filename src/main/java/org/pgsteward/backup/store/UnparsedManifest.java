package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;

/** The bytes of a manifest, and the state of its signature. */
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

    /** @throws IOException if it violates {@link ManifestFields} */
    SignedManifest parse() throws IOException {
        return checked(json.read(file, bytes, Manifest.class));
    }

    /** The same without the rows of tables. */
    SignedManifest parseWithoutRows() throws IOException {
        return checked(json.readWithoutRows(file, bytes));
    }

    private SignedManifest checked(Manifest read) throws IOException {
        try {
            ManifestFields.check(read);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + StoreJson.REMOVE, e);
        }
        return new SignedManifest(read, signature);
    }
}
