package org.pgsteward.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** One backup from its first second to its last, as the journal, the manifest and a person see it. */
public record Backup(Identity identity, Source source, Times times, File file, Verification verification, Result result)
        implements JournalEntry {

    /**
     * The names of a backup.
     *
     * @param id the name of its file without the endings, such as {@code vikunja-20260102T030000Z}
     * @param eventId the journal's key
     * @param setId the backup set that it was made in, such as {@code 20260102T030000Z}; empty where it belongs to none
     */
    public record Identity(String id, UUID eventId, String setId) {}

    /** The database, roles or cluster that was backed up. */
    public record Source(String service, String database, BackupKind kind, String serverVersion) {}

    /** @param dumpTime from the snapshot to the fsync of the directory */
    public record Times(Instant startedAt, Optional<Instant> finishedAt, Duration dumpTime) {}

    /**
     * The file in the store.
     *
     * @param path relative to the store; empty until the file has its final name
     * @param sizeBytes of the file as stored
     * @param sourceBytes of the stream before compression
     */
    public record File(Optional<String> path, long sizeBytes, long sourceBytes, String sha256) {
        private static final File NONE = new File(Optional.empty(), 0, 0, "");
    }

    /**
     * The restore that verified the backup.
     *
     * @param at when the backup was last verified, even if a later verification failed
     * @param took how long the last restore took
     * @param inStream the backup was restored while it was made and is {@code made}, since nobody here can open what is stored
     */
    public record Verification(Optional<Instant> at, Duration took, boolean inStream) {
        private static final Verification NONE = new Verification(Optional.empty(), Duration.ZERO, false);
    }

    /**
     * How far the backup has come.
     *
     * @param error why it failed or cannot be verified, with the next step; empty otherwise
     * @param caveats what a restore of it would refuse, lose or leave empty, though it is verified; one line each
     */
    public record Result(BackupState state, String error, List<String> caveats) {
        public Result {
            caveats = List.copyOf(caveats);
        }

        private Result(BackupState state, String error) {
            this(state, error, List.of());
        }
    }

    /** Returns a backup that has just begun. */
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

    /** Returns the same with these caveats. */
    public Backup with(List<String> caveats) {
        return with(new Result(result.state(), result.error(), caveats));
    }

    /** Returns the same as a member of a backup set. */
    public Backup inSet(String setId) {
        return new Backup(
                new Identity(identity.id(), identity.eventId(), setId), source, times, file, verification, result);
    }

    /** Returns the backup that is whole and has its final name. */
    public Backup made(String path, Instant at, long sizeBytes, long sourceBytes, String sha256, Duration took) {
        return new Backup(
                identity,
                source,
                new Times(times.startedAt(), Optional.of(at), took),
                new File(Optional.of(path), sizeBytes, sourceBytes, sha256),
                Verification.NONE,
                new Result(BackupState.MADE, ""));
    }

    /** Returns the backup that was restored and compared while it was made; nobody here can open it now. */
    public Backup provedInStream(Duration took) {
        return with(new Verification(verification.at(), took, true));
    }

    /** Returns the backup that did not come to an end; there is no file. */
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
     * Returns the backup after a verification. When it was last verified stays known, even if it no longer can be.
     *
     * @param because empty when it is verified
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
