package org.pgsteward.backup.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The form of a {@link Manifest} in its file: one flat object with the names and the order of the components. Other
 * programs read it, and it is signed, so names and order do not change.
 */
record ManifestDocument(
        String backupId,
        String eventId,
        String setId,
        String service,
        String database,
        String owner,
        String image,
        String kind,
        String file,
        String sha256,
        long sizeBytes,
        long sourceBytes,
        Instant startedAt,
        Instant finishedAt,
        String serverVersion,
        String clientVersion,
        List<String> sealedTo,
        String proof,
        Map<String, String> extensions,
        Map<String, Long> rows,
        DatabaseEnvironment surroundings,
        List<String> caveats,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) String contentSha256) {
    /** An older manifest lacks newer fields. */
    ManifestDocument {
        setId = setId == null ? "" : setId;
        image = image == null ? "" : image;
        sealedTo = sealedTo == null ? List.of() : List.copyOf(sealedTo);
        proof = proof == null ? "" : proof;
        surroundings = surroundings == null ? DatabaseEnvironment.UNKNOWN : surroundings;
        caveats = caveats == null ? List.of() : List.copyOf(caveats);
        contentSha256 = contentSha256 == null ? "" : contentSha256;
    }

    static ManifestDocument of(Manifest manifest) {
        Manifest.Identity identity = manifest.identity();
        Manifest.Source source = manifest.source();
        Manifest.Run run = manifest.run();
        Manifest.File file = manifest.file();
        Manifest.Contents contents = manifest.contents();
        return new ManifestDocument(
                identity.backupId(),
                identity.eventId(),
                identity.setId(),
                source.service(),
                source.database(),
                source.owner(),
                source.image(),
                source.kind(),
                file.name(),
                file.sha256(),
                file.sizeBytes(),
                file.sourceBytes(),
                run.startedAt(),
                run.finishedAt(),
                run.serverVersion(),
                run.clientVersion(),
                file.recipients(),
                file.verification(),
                contents.extensions(),
                contents.rows(),
                contents.surroundings(),
                manifest.caveats(),
                file.contentSha256());
    }

    Manifest manifest() {
        return new Manifest(
                new Manifest.Identity(backupId, eventId, setId),
                new Manifest.Source(service, database, owner, image, kind),
                new Manifest.Run(startedAt, finishedAt, serverVersion, clientVersion),
                new Manifest.File(file, sha256, sizeBytes, sourceBytes, sealedTo, proof, contentSha256),
                new Manifest.Contents(extensions, rows, surroundings),
                caveats);
    }
}
