package org.pgsteward.backup.store;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The description of a backup, in a file beside it. It is written last: a backup without it is incomplete.
 * {@link ManifestDocument} has the form of the file.
 *
 * @param caveats the parts that a restore would refuse or lose, as far as they were known when the dump was made; for
 *     operators
 */
public record Manifest(Identity identity, Source source, Run run, File file, Contents contents, List<String> caveats) {
    /** The value of {@link File#verification} for a backup that was verified before it was encrypted. */
    public static final String STREAM = "stream";

    /** @param setId the backup set of the run; empty if there is none */
    public record Identity(String backupId, String eventId, String setId) {}

    /**
     * The database that was backed up, or the roles or cluster.
     *
     * @param owner the role that owns the database
     * @param image the image of the service's container; empty if unknown
     */
    public record Source(String service, String database, String owner, String image, String kind) {}

    /** The run of the program that made the backup. */
    public record Run(Instant startedAt, Instant finishedAt, String serverVersion, String clientVersion) {}

    /**
     * The stored file.
     *
     * @param name without the folder
     * @param sizeBytes the size of the stored file
     * @param sourceBytes the size of the stream before compression
     * @param recipients the age public keys of its encryption; empty if it is not encrypted
     * @param verification {@code stream} if the backup was restored and compared while it was made, because this host cannot
     *     decrypt the file. This is the weaker verification: the restored bytes are not the stored ones. Empty if the
     *     stored file itself is verified
     * @param contentSha256 the SHA-256 of the stream before compression, without the time in its header; empty if it has no
     *     such hash. Two dumps of an unchanged database have the same one
     */
    public record File(
            String name,
            String sha256,
            long sizeBytes,
            long sourceBytes,
            List<String> recipients,
            String verification,
            String contentSha256) {
        /** Creates a file without a hash of its content. */
        public File(
                String name,
                String sha256,
                long sizeBytes,
                long sourceBytes,
                List<String> recipients,
                String verification) {
            this(name, sha256, sizeBytes, sourceBytes, recipients, verification, "");
        }

        private File verified(String how) {
            return new File(name, sha256, sizeBytes, sourceBytes, recipients, how, contentSha256);
        }

        /** Returns this file with the bytes of another one, which has the same content. */
        private File sharing(File other) {
            return new File(name, other.sha256, other.sizeBytes, sourceBytes, recipients, verification, contentSha256);
        }

        /** Returns whether the file is encrypted. */
        public boolean isEncrypted() {
            return !recipients.isEmpty();
        }

        /** Returns whether the backup was verified while it was made. */
        public boolean isVerifiedInStream() {
            return verification.equals(STREAM);
        }
    }

    /**
     * The contents of the database.
     *
     * @param extensions the database's extensions by name, with their versions
     * @param rows the row counts of each ordinary table and each partition in the dump's own snapshot, by quoted name;
     *     also the number of large objects, if there are any
     * @param surroundings the properties around the database on which it depends
     */
    public record Contents(Map<String, String> extensions, Map<String, Long> rows, DatabaseEnvironment surroundings) {}

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Manifest of(ManifestDocument document) {
        return document.manifest();
    }

    @JsonValue
    ManifestDocument document() {
        return ManifestDocument.of(this);
    }

    /**
     * Returns this manifest without the row counts, for lists of many backups. A manifest may have tens of thousands of
     * tables.
     */
    Manifest withoutRows() {
        Contents fewer = new Contents(contents.extensions(), Map.of(), contents.surroundings());
        return new Manifest(identity, source, run, file, fewer, caveats);
    }

    /**
     * Returns the approximate size in bytes after a restore: that of the database, or of the dump if it is smaller. A
     * dump can be thousands of times as large as its database, so the limit of a restore must not follow from the dump
     * alone.
     */
    public long restoredBytes() {
        long known = contents.surroundings().databaseBytes();
        return known == 0 ? file.sourceBytes() : Math.min(file.sourceBytes(), known);
    }

    /** Returns this manifest with other caveats. */
    public Manifest with(List<String> theseCaveats) {
        return new Manifest(identity, source, run, file, contents, theseCaveats);
    }

    /** Returns this manifest for the same content in another file. */
    Manifest in(File other) {
        return new Manifest(identity, source, run, other, contents, caveats);
    }

    /** Returns this manifest for a backup that shares the file of another one. */
    public Manifest sharing(Manifest other) {
        return in(file.sharing(other.file));
    }

    /** Returns this manifest for a backup that was verified while it was made. */
    public Manifest verifiedInStream() {
        return in(file.verified(STREAM));
    }
}
