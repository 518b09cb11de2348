package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What stands beside a backup and says what it holds. It is written last: a backup without it is not whole.
 *
 * @param setId the backup set that it was made in; empty where it belongs to none
 * @param file its name, without the folder
 * @param sha256 of the file as stored
 * @param sizeBytes of the file as stored
 * @param sourceBytes of the stream before compression
 * @param image of the service's container; empty when unknown
 * @param owner the role that owns the database
 * @param extensions by name, with their versions, as the database had them
 * @param sealedTo the age public keys that it is sealed to; none where it is stored as it is
 * @param proof {@code stream} where it was restored and compared while it was made, because nobody here can open it again;
 *     what is stored was not what was restored, which is the weaker proof. Empty where the stored file itself is proved
 * @param rows of each ordinary table and each partition, counted in the dump's own snapshot, by quoted name; and how many
 *     large objects there are, where there are any
 * @param surroundings what the database takes for granted around it
 * @param caveats what a restore would refuse or lose, as far as it was known when the dump was made; for a person to read
 */
public record Manifest(
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
        Surroundings surroundings,
        List<String> caveats) {
    /** What {@link #proof} says of one that was proved before it was sealed. */
    public static final String STREAM = "stream";

    /** An older manifest lacks what came later. */
    public Manifest {
        setId = setId == null ? "" : setId;
        image = image == null ? "" : image;
        sealedTo = sealedTo == null ? List.of() : List.copyOf(sealedTo);
        proof = proof == null ? "" : proof;
        surroundings = surroundings == null ? Surroundings.UNKNOWN : surroundings;
        caveats = caveats == null ? List.of() : List.copyOf(caveats);
    }

    /** The same without the rows of tables, of which there may be tens of thousands: for lists of many backups. */
    Manifest withoutRows() {
        return new Manifest(
                backupId,
                eventId,
                setId,
                service,
                database,
                owner,
                image,
                kind,
                file,
                sha256,
                sizeBytes,
                sourceBytes,
                startedAt,
                finishedAt,
                serverVersion,
                clientVersion,
                sealedTo,
                proof,
                extensions,
                Map.of(),
                surroundings,
                caveats);
    }

    /** Of what has no surroundings: roles and settings, or a whole cluster. */
    public Manifest(
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
            Map<String, Long> rows) {
        this(
                backupId,
                eventId,
                setId,
                service,
                database,
                owner,
                image,
                kind,
                file,
                sha256,
                sizeBytes,
                sourceBytes,
                startedAt,
                finishedAt,
                serverVersion,
                clientVersion,
                sealedTo,
                proof,
                extensions,
                rows,
                Surroundings.UNKNOWN,
                List.of());
    }

    /**
     * Returns about how many bytes it takes where it is restored: those of the database, or of the dump if it is smaller. A
     * dump can be thousands of times as large as its database, and what a restore may take must not follow from that.
     */
    public long restoredBytes() {
        long known = surroundings.databaseBytes();
        return known == 0 ? sourceBytes : Math.min(sourceBytes, known);
    }

    /** Returns the same with other caveats. */
    public Manifest with(List<String> theseCaveats) {
        return copy(proof, theseCaveats);
    }

    /** Returns the same of a backup that was verified while it was made. */
    public Manifest provedInStream() {
        return copy(STREAM, caveats);
    }

    private Manifest copy(String thisProof, List<String> theseCaveats) {
        return new Manifest(
                backupId,
                eventId,
                setId,
                service,
                database,
                owner,
                image,
                kind,
                file,
                sha256,
                sizeBytes,
                sourceBytes,
                startedAt,
                finishedAt,
                serverVersion,
                clientVersion,
                sealedTo,
                thisProof,
                extensions,
                rows,
                surroundings,
                theseCaveats);
    }

    /** Returns whether the file is encrypted. The name begins with no "is", which would make it a field of the JSON. */
    public boolean hasRecipients() {
        return !sealedTo.isEmpty();
    }
}
