package org.pgsteward.backup.dump;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.Surroundings;
import org.pgsteward.backup.underway.Held;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.backup.underway.Turn;
import org.pgsteward.backup.verify.Proof;
import org.pgsteward.backup.verify.StreamProof;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Replication;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins backups. */
public final class Dumps {
    /** A table that somebody holds locked for longer fails the dump, and says so, rather than hold it up for a day. */
    private static final Duration LOCK_WAIT = Duration.ofMinutes(1);

    /** To lock all tables and read what is said of them, on top of the time in which a slow disk reads the database. */
    private static final Duration LOCKING = Duration.ofMinutes(2);

    /** Snapshots of a database whose tables are changed all the time. Each takes about a second. */
    private static final int ATTEMPTS = 10;

    private static final Logger LOG = LoggerFactory.getLogger(Dumps.class);

    /** Of a base backup, a second. */
    private static final String BASE_RATE = "64M";

    private final Server server;
    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Store store;
    private final AgeKeys keys;
    private final Proof proof;
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
            Proof proof,
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
        this.proof = proof;
        this.room = new DumpRoom(server, store, proof, disk);
        this.runs = runs;
        this.locks = locks;
        this.clock = clock;
    }

    /**
     * Begins one: takes the lock, a snapshot, and starts the program.
     *
     * @return empty while another run of the same service is under way; for those of others it waits
     * @throws IOException when it cannot begin: no programs of the server's version, no room on the disk
     * @throws SQLException when PostgreSQL does not answer
     */
    public Optional<DumpRun> begin(BackupTarget target) throws IOException, SQLException, InterruptedException {
        Optional<RunLock> lock = RunLock.take(locks, target.service());
        if (lock.isEmpty()) {
            return Optional.empty();
        }
        Held held = new Held();
        Progress progress = null;
        try {
            held.add(lock.get());
            RunsUnderWay.Run run = held.add(runs.beginBackup(target.service()));
            progress = run.progress();
            return Optional.of(begin(target, held, progress));
        } catch (Throwable e) {
            // Whatever ends it here, an Error too, ends it for good: no run is left that could release anything later.
            try (held) {
                if (progress != null && progress.cancelled().isPresent()) {
                    throw new IOException(progress.cancelled().get(), e);
                }
                throw e;
            }
        }
    }

    private DumpRun begin(BackupTarget target, Held held, Progress progress)
            throws IOException, SQLException, InterruptedException {
        try (Progress.Binding bound = progress.bind()) {
            Objects.requireNonNull(bound);
            held.add(dumping.take());
            long size = room.require(target, progress);
            Programs programs = Programs.find(bindir, server.majorVersion());
            return switch (target.kind()) {
                case DUMP -> dump(target, size, programs, held);
                case GLOBALS -> globals(target, programs, held);
                case BASE -> base(target, programs, held);
            };
        }
    }

    private DumpRun dump(BackupTarget target, long size, Programs programs, Held held)
            throws IOException, SQLException, InterruptedException {
        requireOpen(target.database());
        LockRoom.require(server, target.database());
        MemoryRoom.require(server, target.database());
        SettingsOfOthers.reset(server, target.database());
        Instant at = store.freeTime(target.service(), target.kind(), clock.instant());
        // The scratch cluster first: a snapshot must not wait for it.
        Optional<StreamProof> proof = streamProof(target, programs, held);
        Map<String, String> settings = SettingsInForce.of(server, user, programs, target.database());
        Progress.current().step("locks the tables");
        TimeLimit limit = TimeLimit.in(LOCKING.plusSeconds(size / StuckRule.SLOW_DISK));
        for (int attempt = 1; ; attempt++) {
            Snapshot snapshot = held.add(Snapshot.of(server, target.database(), restoredFor(target), limit));
            Map<String, String> extensions = snapshot.extensions();
            Surroundings surroundings = snapshot.surroundings().with(settings).with(size);
            if (proof.isPresent() && attempt == 1) {
                proof.get().prepare(target.owner(), extensions, surroundings);
            }
            ClientProgram program = held.add(start(command(programs, snapshot), target.database()));
            if (DumpLocks.areTaken(program, snapshot)) {
                CompletableFuture<Map<String, Long>> rows = RowCount.start("count-rows", () -> {
                    DumpLocks.await(program, snapshot, LOCK_WAIT);
                    return snapshot.countRows(program::awaitSuccess);
                });
                return run(target, programs, held, at, extensions, surroundings, rows, program, proof);
            }
            LOG.debug("{}: a session waits to change a table; the dump begins anew", target.service());
            program.close();
            snapshot.close();
            if (attempt == ATTEMPTS || limit.isOver()) {
                throw new IOException("database " + target.database() + " is changed too often: " + attempt
                        + " times, a session requested an exclusive lock of a table before pg_dump had locked it");
            }
        }
    }

    static List<String> command(Programs programs, Snapshot snapshot) throws SQLException {
        List<String> command = new ArrayList<>(List.of(
                programs.path("pg_dump").toString(),
                "--format=custom",
                "--compress=0",
                "--no-password",
                // Says nothing of tables in an archive, but CREATE DATABASE would name one that is not there.
                "--no-tablespaces",
                // What the owner set for all who connect must not decide how letters are written.
                "--encoding=" + snapshot.surroundings().encoding(),
                "--lock-wait-timeout=" + LOCK_WAIT.toMillis(),
                "--snapshot=" + snapshot.id()));
        if (snapshot.hasMovingPartitions()) {
            // By itself pg_dump does so where the key is an enum, and not for an array or a row of enums.
            command.add("--load-via-partition-root");
        }
        return command;
    }

    private void requireOpen(String database) throws IOException, SQLException {
        String whose = " AND datname = " + Quote.literal(database) + ")";
        if (server.ask("SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datconnlimit = -2" + whose)
                .equals("t")) {
            throw new IOException("database " + database + " was dropped in part and cannot be used: DROP DATABASE "
                    + Quote.identifier(database));
        }
        if (server.ask("SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE NOT datallowconn" + whose)
                .equals("t")) {
            throw new IOException("database " + database + " allows no connections: ALTER DATABASE "
                    + Quote.identifier(database) + " ALLOW_CONNECTIONS true, or drop it");
        }
    }

    /** Whom it is given to; of the management database a restore takes only the rows. */
    private Optional<String> restoredFor(BackupTarget target) {
        return target.database().equals(server.address().database()) ? Optional.empty() : Optional.of(target.owner());
    }

    private DumpRun globals(BackupTarget target, Programs programs, Held held)
            throws IOException, SQLException, InterruptedException {
        Instant at = store.freeTime(target.service(), target.kind(), clock.instant());
        Optional<StreamProof> proof = streamProof(target, programs, held);
        if (proof.isPresent()) {
            proof.get().prepare(target.owner(), Map.of(), Surroundings.UNKNOWN);
        }
        RoleRows roles = held.add(RoleRows.before(server));
        ClientProgram program = held.add(start(
                List.of(programs.path("pg_dumpall").toString(), "--globals-only", "--no-tablespaces", "--no-password"),
                target.database()));
        return run(target, programs, held, at, Map.of(), Surroundings.UNKNOWN, roles.after(program), program, proof);
    }

    /** Where nobody can open again what is sealed, it has to be proved before. */
    private Optional<StreamProof> streamProof(BackupTarget target, Programs programs, Held held)
            throws SQLException, InterruptedException {
        if (!keys.seals() || keys.opens()) {
            return Optional.empty();
        }
        held.add(proof.takeTurn(target.service()));
        return Optional.of(proof.inStream(target.kind(), room.sourceSize(target), programs, held));
    }

    /**
     * Its checkpoint is a fast one: what a small server holds back in its 128 MB of buffers is written in a second or
     * two, where a spread one would hold up the night for minutes. Its rate is bound, so that the server's disk is left
     * to the applications for half of the time.
     */
    private DumpRun base(BackupTarget target, Programs programs, Held held)
            throws IOException, SQLException, InterruptedException {
        Optional<String> hindrance = Replication.hindrance(server);
        if (hindrance.isPresent()) {
            throw new IOException(hindrance.get());
        }
        Instant at = store.freeTime(target.service(), target.kind(), clock.instant());
        Optional<StreamProof> proof = streamProof(target, programs, held);
        BaseRows rows = held.add(BaseRows.before(server));
        ClientProgram program = held.add(start(
                List.of(
                        programs.path("pg_basebackup").toString(),
                        "--format=tar",
                        "--wal-method=fetch",
                        "--pgdata=-",
                        "--checkpoint=fast",
                        "--max-rate=" + BASE_RATE,
                        "--label=pgsteward",
                        "--no-password"),
                target.database()));
        return run(target, programs, held, at, Map.of(), Surroundings.UNKNOWN, rows.after(program), program, proof);
    }

    private DumpRun run(
            BackupTarget target,
            Programs programs,
            Held held,
            Instant at,
            Map<String, String> extensions,
            Surroundings surroundings,
            CompletableFuture<Map<String, Long>> rows,
            ClientProgram program,
            Optional<StreamProof> proof)
            throws IOException, SQLException {
        Progress.current().step("dumps");
        return new DumpRun(
                Progress.current(),
                target,
                Backup.starting(
                                Store.backupId(target.service(), at),
                                target.service(),
                                target.database(),
                                target.kind(),
                                at,
                                server.version())
                        .inSet(target.setId()),
                store,
                held,
                clock,
                extensions,
                surroundings,
                rows,
                program,
                Integer.toString(programs.major()),
                keys,
                proof,
                allowedExtensions);
    }

    private ClientProgram start(List<String> command, String database) throws IOException {
        return server.start(user, command, database, server.ownSettings());
    }
}
