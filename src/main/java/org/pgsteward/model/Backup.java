package org.pgsteward.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** One backup from its start to its removal, as the journal and the manifest hold it and commands show it. */
public record Backup(Identity identity, Source source, Times times, File file, Verification verification, Result result)
        implements JournalEntry {

    /**
     * The identifiers of a backup.
     *
     * @param id the name of its file without the extensions, such as {@code vikunja-20260102T030000Z}
     * @param eventId the journal's key
     * @param setId the backup set to which it belongs, such as {@code 20260102T030000Z}; empty if it belongs to none
     */
    public record Identity(String id, UUID eventId, String setId) {}

    /**
     * The database, roles or cluster that was backed up.
     *
     * @param image the image of the service's container; empty if unknown
     */
    public record Source(String service, String database, BackupKind kind, String serverVersion, String image) {
        /** Creates a source whose image is unknown. */
        public Source(String service, String database, BackupKind kind, String serverVersion) {
            this(service, database, kind, serverVersion, "");
        }

        private Source withImage(String image) {
            return new Source(service, database, kind, serverVersion, image);
        }
    }

    /**
     * The times of a backup.
     *
     * @param dumpTime the time from the snapshot to the fsync of the directory
     */
    public record Times(Instant startedAt, Optional<Instant> finishedAt, Duration dumpTime) {}

    /**
     * The file in the store.
     *
     * @param path relative to the store; empty until the file has its final name
     * @param sizeBytes size of the stored file, in bytes
     * @param sourceBytes size of the stream before compression, in bytes
     */
    public record File(Optional<String> path, long sizeBytes, long sourceBytes, String sha256) {
        private static final File NONE = new File(Optional.empty(), 0, 0, "");
    }

    /**
     * The restore that verified the backup.
     *
     * @param at when the backup was last verified, even if a later verification failed
     * @param took how long the last verification's restore took
     * @param inStream whether the backup was verified while it was written. Its state is then {@code made}: it is
     *     encrypted, and this host lacks the private key to decrypt the stored file.
     */
    public record Verification(Optional<Instant> at, Duration took, boolean inStream) {
        private static final Verification NONE = new Verification(Optional.empty(), Duration.ZERO, false);
    }

    /**
     * The state of the backup, with its reasons.
     *
     * @param error why the backup failed or cannot be verified, with the next step; empty otherwise
     * @param caveats statements or objects that a restore would refuse, lose or leave empty, although the backup is
     *     verified; one line each
     */
    public record Result(BackupState state, String error, List<String> caveats) {
        public Result {
            caveats = List.copyOf(caveats);
        }

        private Result(BackupState state, String error) {
            this(state, error, List.of());
        }
    }

    /** Returns a backup that has just started. */
    public static Backup starting(
            String id, String service, String database, BackupKind kind, Instant at, String serverVersion) {
        return new Backup(
                new Identity(id, UUID.randomUUID(), ""),
                new Source(service, database, kind, serverVersion),
                new Times(at, Optional.empty(), Duration.ZERO),
                File.NONE,
                Verification.NONE,
                new Result(BackupState.RUNNING, ""));
    }

    /** Returns {@link Identity#id}. */
    public String id() {
        return identity.id();
    }

    /** Returns {@link Source#service}. */
    public String service() {
        return source.service();
    }

    /** Returns {@link Source#kind}. */
    public BackupKind kind() {
        return source.kind();
    }

    /** Returns {@link Result#state}. */
    public BackupState state() {
        return result.state();
    }

    /** Returns {@link Result#error}. */
    public String error() {
        return result.error();
    }

    /** Returns {@link Result#caveats}. */
    public List<String> caveats() {
        return result.caveats();
    }

    /** Returns {@link File#path}. */
    public Optional<String> path() {
        return file.path();
    }

    /** Returns this backup with these caveats in place of its own. */
    public Backup with(List<String> caveats) {
        return with(new Result(result.state(), result.error(), caveats));
    }

    /** Returns this backup as a member of a backup set. */
    public Backup inSet(String setId) {
        return new Backup(
                new Identity(identity.id(), identity.eventId(), setId), source, times, file, verification, result);
    }

    /** Returns this backup with the image of its service's container. */
    public Backup withImage(String image) {
        return new Backup(identity, source.withImage(image), times, file, verification, result);
    }

    /** Returns this backup in state {@code made}: the file is complete and has its final name. */
    public Backup made(String path, Instant at, long sizeBytes, long sourceBytes, String sha256, Duration took) {
        return new Backup(
                identity,
                source,
                new Times(times.startedAt(), Optional.of(at), took),
                new File(Optional.of(path), sizeBytes, sourceBytes, sha256),
                Verification.NONE,
                new Result(BackupState.MADE, ""));
    }

    /**
     * Returns this backup after it was restored and compared while it was written. This host cannot decrypt the stored
     * file.
     */
    public Backup verifiedInStream(Duration took) {
        return with(new Verification(verification.at(), took, true));
    }

    /**
     * Returns this backup in state {@code verified}, with the verification of an earlier backup whose file it shares.
     *
     * @param at when that backup was verified
     * @param took how long its restore took
     */
    public Backup verifiedAs(Instant at, Duration took) {
        return with(new Verification(Optional.of(at), took, false))
                .with(new Result(BackupState.VERIFIED, "", caveats()));
    }

    /** Returns this backup in state {@code failed}, without a file. */
    public Backup failed(Instant at, Duration took, String because) {
        return new Backup(
                identity,
                source,
                new Times(times.startedAt(), Optional.of(at), took),
                new File(Optional.empty(), 0, file.sourceBytes(), ""),
                Verification.NONE,
                new Result(BackupState.FAILED, because));
    }

    /**
     * Returns this backup after a verification. The time of an earlier successful verification is kept if this one
     * failed.
     *
     * @param because why the backup is not verified; empty if it is
     */
    public Backup judged(BackupState verdict, Instant at, Duration took, String because) {
        Optional<Instant> verifiedAt = verdict == BackupState.VERIFIED ? Optional.of(at) : verification.at();
        return with(new Verification(verifiedAt, took, verification.inStream()))
                .with(new Result(verdict, because, result.caveats()));
    }

    private Backup with(Verification changed) {
        return new Backup(identity, source, times, file, changed, result);
    }

    private Backup with(Result changed) {
        return new Backup(identity, source, times, file, verification, changed);
    }
}
