package org.pgsteward.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One backup from its first second to its last, as the journal, the manifest and a person see it.
 *
 * @param id the name of its file without the endings, such as {@code vikunja-20260102T030000Z}
 * @param eventId the journal's key
 * @param setId the backup set that it was made in, such as {@code 20260102T030000Z}; empty where it belongs to none
 * @param path relative to the store; empty until the file has its final name
 * @param sizeBytes of the file as stored
 * @param sourceBytes of the stream before compression
 * @param dumpTime from the snapshot to the fsync of the directory
 * @param verifyTime how long the restore took
 * @param provedInStream it was restored while it was made and is {@code made}, since nobody here can open what is stored
 * @param error why it failed or cannot be proved, with the next step; empty otherwise
 * @param caveats what a restore of it would refuse, lose or leave empty, though it is verified; one line each
 */
public record Backup(
        String id,
        UUID eventId,
        String setId,
        String service,
        String database,
        BackupKind kind,
        BackupState state,
        Optional<String> path,
        Instant startedAt,
        Optional<Instant> finishedAt,
        Optional<Instant> verifiedAt,
        long sizeBytes,
        long sourceBytes,
        String sha256,
        String serverVersion,
        Duration dumpTime,
        Duration verifyTime,
        boolean provedInStream,
        String error,
        List<String> caveats)
        implements JournalEntry {

    public Backup {
        caveats = caveats == null ? List.of() : List.copyOf(caveats);
    }

    /** Without a caveat. */
    public Backup(
            String id,
            UUID eventId,
            String setId,
            String service,
            String database,
            BackupKind kind,
            BackupState state,
            Optional<String> path,
            Instant startedAt,
            Optional<Instant> finishedAt,
            Optional<Instant> verifiedAt,
            long sizeBytes,
            long sourceBytes,
            String sha256,
            String serverVersion,
            Duration dumpTime,
            Duration verifyTime,
            boolean provedInStream,
            String error) {
        this(
                id,
                eventId,
                setId,
                service,
                database,
                kind,
                state,
                path,
                startedAt,
                finishedAt,
                verifiedAt,
                sizeBytes,
                sourceBytes,
                sha256,
                serverVersion,
                dumpTime,
                verifyTime,
                provedInStream,
                error,
                List.of());
    }

    /** The same with these caveats. */
    public Backup with(List<String> theseCaveats) {
        return new Backup(
                id,
                eventId,
                setId,
                service,
                database,
                kind,
                state,
                path,
                startedAt,
                finishedAt,
                verifiedAt,
                sizeBytes,
                sourceBytes,
                sha256,
                serverVersion,
                dumpTime,
                verifyTime,
                provedInStream,
                error,
                theseCaveats);
    }

    /** One that has just begun. */
    public static Backup starting(
            String id, String service, String database, BackupKind kind, Instant at, String serverVersion) {
        return new Backup(
                id,
                UUID.randomUUID(),
                "",
                service,
                database,
                kind,
                BackupState.RUNNING,
                Optional.empty(),
                at,
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                "",
                serverVersion,
                Duration.ZERO,
                Duration.ZERO,
                false,
                "");
    }

    /** The same as one of a set. */
    public Backup inSet(String id) {
        return new Backup(
                this.id,
                eventId,
                id,
                service,
                database,
                kind,
                state,
                path,
                startedAt,
                finishedAt,
                verifiedAt,
                sizeBytes,
                sourceBytes,
                sha256,
                serverVersion,
                dumpTime,
                verifyTime,
                provedInStream,
                error,
                caveats);
    }

    /** It is whole and has its name. */
    public Backup made(String storePath, Instant at, long storedBytes, long streamBytes, String hash, Duration took) {
        return new Backup(
                id,
                eventId,
                setId,
                service,
                database,
                kind,
                BackupState.MADE,
                Optional.of(storePath),
                startedAt,
                Optional.of(at),
                Optional.empty(),
                storedBytes,
                streamBytes,
                hash,
                serverVersion,
                took,
                Duration.ZERO,
                false,
                "");
    }

    /** It was restored and compared while it was made, which took so long, and nobody here can open it now. */
    public Backup provedInStream(Duration verifying) {
        return new Backup(
                id,
                eventId,
                setId,
                service,
                database,
                kind,
                state,
                path,
                startedAt,
                finishedAt,
                verifiedAt,
                sizeBytes,
                sourceBytes,
                sha256,
                serverVersion,
                dumpTime,
                verifying,
                true,
                error,
                caveats);
    }

    /** It did not come to an end; there is no file. */
    public Backup failed(Instant at, Duration took, String because) {
        return new Backup(
                id,
                eventId,
                setId,
                service,
                database,
                kind,
                BackupState.FAILED,
                Optional.empty(),
                startedAt,
                Optional.of(at),
                Optional.empty(),
                0,
                sourceBytes,
                "",
                serverVersion,
                took,
                Duration.ZERO,
                false,
                because);
    }

    /**
     * Its proof ended so. When it was last proved stays known, even if it no longer can be.
     *
     * @param because empty when it is verified
     */
    public Backup judged(BackupState verdict, Instant at, Duration took, String because) {
        return new Backup(
                id,
                eventId,
                setId,
                service,
                database,
                kind,
                verdict,
                path,
                startedAt,
                finishedAt,
                verdict == BackupState.VERIFIED ? Optional.of(at) : verifiedAt,
                sizeBytes,
                sourceBytes,
                sha256,
                serverVersion,
                dumpTime,
                took,
                provedInStream,
                because,
                caveats);
    }
}
