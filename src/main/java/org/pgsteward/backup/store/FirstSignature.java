package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Finds the start of the first backup with a valid signature, as {@link Inventory#signedSince}, without keeping
 * manifests.
 */
final class FirstSignature {
    private final Store store;

    /** Empty until it is known. It does not change if retention removes that backup. */
    private volatile Optional<Instant> known = Optional.empty();

    FirstSignature(Store store) {
        this.store = store;
    }

    /**
     * Returns the time; empty if no backup has a valid signature.
     *
     * @throws IOException if the manifests in the store cannot be read
     */
    Optional<Instant> time() throws IOException {
        if (known.isEmpty()) {
            known = read();
        }
        return known;
    }

    private Optional<Instant> read() throws IOException {
        Instant[] first = {Instant.MAX};
        ManifestReading manifests = new ManifestReading(store, ManifestBudget.signedOnly());
        for (Path folder : store.folders()) {
            manifests.read(folder, Store.MANIFEST, (file, read) -> {
                Instant at = read.manifest().run().startedAt();
                if (read.signature() == ManifestSignature.VALID && at.isBefore(first[0])) {
                    first[0] = at;
                }
                return 0;
            });
        }
        return Optional.of(first[0]).filter(at -> at.isBefore(Instant.MAX));
    }
}
