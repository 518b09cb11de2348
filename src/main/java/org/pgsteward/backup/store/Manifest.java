package org.pgsteward.backup.store;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The description of a backup, in a file beside it. It is written last: a backup without it is not whole. {@link
 * ManifestDocument} has the form of the file.
 *
 * @param caveats what a restore would refuse or lose, as far as it was known when the dump was made; for a person to read
 */
public record Manifest(Identity identity, Source source, Run run, File file, Contents contents, List<String> caveats) {
    /** The value of {@link File#proof} for a backup that was verified before it was encrypted. */
    public static final String STREAM = "stream";

    /** @param setId the backup set that it was made in; empty where it belongs to none */
    public record Identity(String backupId, String eventId, String setId) {}

    /**
     * The database that was backed up, or the roles or cluster.
     *
     * @param owner the role that owns the database
     * @param image of the service's container; empty when unknown
     */
    public record Source(String service, String database, String owner, String image, String kind) {}

    /** The run of the program that made the backup. */
    public record Run(Instant startedAt, Instant finishedAt, String serverVersion, String clientVersion) {}

    /**
     * The stored file.
     *
     * @param name without the folder
     * @param sizeBytes of the file as stored
     * @param sourceBytes of the stream before compression
     * @param sealedTo the age public keys that it is encrypted to; none where it is stored as it is
     * @param proof {@code stream} where it was restored and compared while it was made, because nobody here can open it again;
     *     what is stored was not what was restored, which is the weaker proof. Empty where the stored file itself is verified
     */
    public record File(
            String name, String sha256, long sizeBytes, long sourceBytes, List<String> sealedTo, String proof) {
        /** Returns whether the file is encrypted. */
        public boolean isEncrypted() {
            return !sealedTo.isEmpty();
        }

        /** Returns whether the backup was verified while it was made. */
        public boolean isProvedInStream() {
            return proof.equals(STREAM);
        }
    }

    /**
     * The contents of the database.
     *
     * @param extensions by name, with their versions, as the database had them
     * @param rows of each ordinary table and each partition, counted in the dump's own snapshot, by quoted name; and how many
     *     large objects there are, where there are any
     * @param surroundings what the database takes for granted around it
     */
    public record Contents(Map<String, String> extensions, Map<String, Long> rows, Surroundings surroundings) {}

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Manifest of(ManifestDocument document) {
        return document.manifest();
    }

    @JsonValue
    ManifestDocument document() {
        return ManifestDocument.of(this);
    }

    /** Returns the same without the rows of tables, of which there may be tens of thousands: for lists of many backups. */
    Manifest withoutRows() {
        Contents fewer = new Contents(contents.extensions(), Map.of(), contents.surroundings());
        return new Manifest(identity, source, run, file, fewer, caveats);
    }

    /**
     * Returns about how many bytes it takes where it is restored: those of the database, or of the dump if it is smaller. A
     * dump can be thousands of times as large as its database, and what a restore may take must not follow from that.
     */
    public long restoredBytes() {
        long known = contents.surroundings().databaseBytes();
        return known == 0 ? file.sourceBytes() : Math.min(file.sourceBytes(), known);
    }

    /** Returns the same with other caveats. */
    public Manifest with(List<String> theseCaveats) {
        return new Manifest(identity, source, run, file, contents, theseCaveats);
    }

    /** Returns the same of a backup that was verified while it was made. */
    public Manifest provedInStream() {
        File proved =
                new File(file.name(), file.sha256(), file.sizeBytes(), file.sourceBytes(), file.sealedTo(), STREAM);
        return new Manifest(identity, source, run, proved, contents, caveats);
    }
}
