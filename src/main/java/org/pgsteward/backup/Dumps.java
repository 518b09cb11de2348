package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Replication;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.UnprivilegedUser;

/** Begins backups. */
public final class Dumps {
    /** zstd's own default: as fast as the wire here, and smaller than pg_dump's gzip. */
    private static final int ZSTD_LEVEL = 3;

    /** A table that somebody holds locked for longer fails the dump, and says so, rather than hold it up for a day. */
    private static final String LOCK_WAIT_MILLISECONDS = "60000";

    /** Of a base backup, a second. */
    private static final String BASE_RATE = "64M";

    private static final String COUNT_ROLES = "SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_'";

    private final Server server;
    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Store store;
    private final Path locks;
    private final Clock clock;

    public Dumps(Server server, Optional<Path> bindir, UnprivilegedUser user, Store store, Path locks, Clock clock) {
        this.server = server;
        this.bindir = bindir;
        this.user = user;
        this.store = store;
        this.locks = locks;
        this.clock = clock;
    }

    /**
     * Begins one: takes the lock, a snapshot, and starts the program.
     *
     * @return empty while another run of the same service is under way
     * @throws IOException when it cannot begin: no programs of the server's version, no room for the lock
     * @throws SQLException when PostgreSQL does not answer
     */
    public Optional<DumpRun> begin(BackupTarget target) throws IOException, SQLException {
        Optional<RunLock> lock = RunLock.take(locks, target.service());
        if (lock.isEmpty()) {
            return Optional.empty();
        }
        try {
            Programs programs = Programs.find(bindir, server.majorVersion());
            return Optional.of(
                    switch (target.kind()) {
                        case DUMP -> dump(target, programs, lock.get());
                        case GLOBALS -> globals(target, programs, lock.get());
                        case BASE -> base(target, programs, lock.get());
                    });
        } catch (IOException | SQLException | RuntimeException e) {
            lock.get().close();
            throw e;
        }
    }

    private DumpRun dump(BackupTarget target, Programs programs, RunLock lock) throws IOException, SQLException {
        Instant at = freeName(target);
        Snapshot snapshot = Snapshot.export(server, target.database());
        try {
            Map<String, String> extensions = snapshot.extensions();
            ClientProgram program = start(
                    List.of(
                            programs.path("pg_dump").toString(),
                            "--format=custom",
                            "--compress=0",
                            "--no-password",
                            "--lock-wait-timeout=" + LOCK_WAIT_MILLISECONDS,
                            "--snapshot=" + snapshot.id()),
                    target.database());
            return run(target, programs, lock, at, snapshot, extensions, counting(snapshot), program);
        } catch (IOException | SQLException | RuntimeException e) {
            snapshot.close();
            throw e;
        }
    }

    private DumpRun globals(BackupTarget target, Programs programs, RunLock lock) throws IOException, SQLException {
        Instant at = freeName(target);
        Map<String, Long> roles = Map.of("pg_catalog.pg_roles", Long.valueOf(server.ask(COUNT_ROLES)));
        ClientProgram program = start(
                List.of(programs.path("pg_dumpall").toString(), "--globals-only", "--no-tablespaces", "--no-password"),
                target.database());
        return run(target, programs, lock, at, null, Map.of(), CompletableFuture.completedFuture(roles), program);
    }

    /**
     * Its checkpoint is a fast one: what a small server holds back in its 128 MB of buffers is written in a second or
     * two, where a spread one would hold up the night for minutes. Its rate is bound, so that the server's disk is left
     * to the applications for half of the time.
     */
    private DumpRun base(BackupTarget target, Programs programs, RunLock lock) throws IOException, SQLException {
        Optional<String> hindrance = Replication.hindrance(server);
        if (hindrance.isPresent()) {
            throw new IOException(hindrance.get());
        }
        Instant at = freeName(target);
        BaseRows rows = BaseRows.before(server);
        try {
            ClientProgram program = start(
                    List.of(
                            programs.path("pg_basebackup").toString(),
                            "--format=tar",
                            "--wal-method=fetch",
                            "--pgdata=-",
                            "--checkpoint=fast",
                            "--max-rate=" + BASE_RATE,
                            "--label=pgsteward",
                            "--no-password"),
                    target.database());
            return run(target, programs, lock, at, null, Map.of(), rows.after(program), program);
        } catch (IOException | SQLException | RuntimeException e) {
            rows.close();
            throw e;
        }
    }

    private DumpRun run(
            BackupTarget target,
            Programs programs,
            RunLock lock,
            Instant at,
            @Nullable Snapshot snapshot,
            Map<String, String> extensions,
            CompletableFuture<Map<String, Long>> rows,
            ClientProgram program)
            throws SQLException {
        return new DumpRun(
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
                lock,
                clock,
                snapshot,
                extensions,
                rows,
                program,
                Integer.toString(programs.major()),
                ZSTD_LEVEL);
    }

    /** Names go by the second; the second run within one takes the next. */
    private Instant freeName(BackupTarget target) {
        Instant at = clock.instant();
        while (Files.exists(store.resolve(
                Store.relativePath(target.service(), Store.backupId(target.service(), at), target.kind())))) {
            at = at.plusSeconds(1);
        }
        return at;
    }

    private static CompletableFuture<Map<String, Long>> counting(Snapshot snapshot) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return snapshot.countRows();
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                work -> {
                    Thread thread = new Thread(null, work, "count-rows", 256 * 1024);
                    thread.setDaemon(true);
                    thread.start();
                });
    }

    /** By environment and not by arguments: a name may hold anything, and everybody can read arguments. */
    private ClientProgram start(List<String> command, String database) throws IOException {
        ServerAddress address = server.address();
        Map<String, String> environment = new HashMap<>();
        environment.put("PGHOST", address.host());
        environment.put("PGPORT", Integer.toString(address.port()));
        environment.put("PGUSER", address.user());
        environment.put("PGPASSWORD", address.password().reveal());
        environment.put("PGDATABASE", database);
        environment.put("PGAPPNAME", "pgsteward");
        environment.put("PGCONNECT_TIMEOUT", "10");
        return ClientProgram.start(user, new ArrayList<>(command), environment);
    }
}
