package org.pgsteward.backup.dump;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.underway.ResourceStack;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.underway.Turn;
import org.pgsteward.backup.verify.StreamVerification;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;

/** The start of backups. Only one dump is under way at a time. */
public final class Dumps {
    private final Server server;
    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Store store;
    private final AgeKeys keys;
    private final Unchanged unchanged;
    private final Verification verification;
    private final DumpRoom room;
    private final Turn dumping = new Turn(RunsUnderWay.ANOTHER_DUMP);
    private final RunsUnderWay runs;
    private final Path locks;
    private final Set<String> allowedExtensions;
    private final Clock clock;

    public Dumps(
            Server server,
            Optional<Path> bindir,
            UnprivilegedUser user,
            Store store,
            AgeKeys keys,
            Unchanged unchanged,
            Verification verification,
            DiskSpace disk,
            RunsUnderWay runs,
            Path locks,
            Set<String> allowedExtensions,
            Clock clock) {
        this.allowedExtensions = allowedExtensions;
        this.server = server;
        this.bindir = bindir;
        this.user = user;
        this.store = store;
        this.keys = keys;
        this.unchanged = unchanged;
        this.verification = verification;
        this.room = new DumpRoom(server, store, verification, disk);
        this.runs = runs;
        this.locks = locks;
        this.clock = clock;
    }

    /**
     * Starts a backup: takes the lock of the service, waits for the dumps of other services, and starts the program.
     *
     * @return empty while another run of the same service is under way
     * @throws IOException if it cannot start, for example without programs of the server's version or without disk space
     * @throws SQLException if PostgreSQL does not answer
     */
    public Optional<DumpInProgress> begin(BackupTarget target) throws IOException, SQLException, InterruptedException {
        Optional<RunLock> lock = RunLock.take(locks, target.service());
        if (lock.isEmpty()) {
            return Optional.empty();
        }
        ResourceStack held = new ResourceStack();
        Progress progress = null;
        try {
            held.add(lock.get());
            RunsUnderWay.Run run = held.add(runs.beginBackup(target.service()));
            progress = run.progress();
            return Optional.of(begin(target, held, progress));
        } catch (Throwable e) {
            // Also after an Error: no run exists that could release the resources later.
            try (held) {
                if (progress != null && progress.cancelled().isPresent()) {
                    throw new IOException(progress.cancelled().get(), e);
                }
                throw e;
            }
        }
    }

    private DumpInProgress begin(BackupTarget target, ResourceStack held, Progress progress)
            throws IOException, SQLException, InterruptedException {
        try (Progress.Binding bound = progress.bind()) {
            Objects.requireNonNull(bound);
            held.add(dumping.take());
            long size = room.require(target, progress);
            Server.Version version = server.version();
            Programs programs = Programs.find(bindir, version.major());
            Dump dump = dump(target, size, programs);
            dump.check();
            Instant at = store.freeTime(target.service(), target.kind(), clock.instant());
            Optional<StreamVerification> streamVerification = streamVerification(target, programs, held);
            Dump.Started started = dump.start(streamVerification, held);
            progress.step("dumps");
            return new DumpInProgress(
                    progress,
                    target,
                    backup(target, at, version),
                    store,
                    held,
                    clock,
                    started,
                    Integer.toString(programs.major()),
                    keys,
                    unchanged,
                    streamVerification,
                    allowedExtensions);
        }
    }

    private Dump dump(BackupTarget target, long size, Programs programs) {
        return switch (target.kind()) {
            case DUMP -> new DatabaseDump(server, user, programs, target, size);
            case GLOBALS -> new GlobalsDump(server, user, programs, target);
            case BASE -> new BaseDump(server, user, programs, target);
        };
    }

    /** Without a key to decrypt the file, it has to be verified while it is written. */
    private Optional<StreamVerification> streamVerification(BackupTarget target, Programs programs, ResourceStack held)
            throws SQLException, InterruptedException {
        if (!keys.encrypts() || keys.opens()) {
            return Optional.empty();
        }
        held.add(verification.takeTurn(target.service()));
        return Optional.of(verification.inStream(target.kind(), room.sourceSize(target), programs, held));
    }

    private static Backup backup(BackupTarget target, Instant at, Server.Version version) {
        return Backup.starting(
                        Store.backupId(target.service(), at),
                        target.service(),
                        target.database(),
                        target.kind(),
                        at,
                        version.full())
                .inSet(target.setId())
                .withImage(target.image());
    }
}
