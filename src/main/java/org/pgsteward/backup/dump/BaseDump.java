package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.underway.ResourceStack;
import org.pgsteward.backup.verify.StreamVerification;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Replication;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * A base backup of the cluster, by {@code pg_basebackup}.
 *
 * <p>It requests a fast checkpoint: the server writes its 128 MB of buffers within a second or two, and a spread checkpoint
 * would delay the backup by minutes. Its rate is limited, so that the applications have the server's disk for half of the time.
 */
final class BaseDump implements Dump {
    /** The limit of pg_basebackup: 64 MiB per second. */
    private static final String RATE = "64M";

    private final Server server;
    private final UnprivilegedUser user;
    private final Programs programs;
    private final BackupTarget target;

    BaseDump(Server server, UnprivilegedUser user, Programs programs, BackupTarget target) {
        this.server = server;
        this.user = user;
        this.programs = programs;
        this.target = target;
    }

    @Override
    public void check() throws IOException, SQLException {
        Optional<String> hindrance = Replication.hindrance(server);
        if (hindrance.isPresent()) {
            throw new IOException(hindrance.get());
        }
    }

    @Override
    public Started start(Optional<StreamVerification> verification, ResourceStack held)
            throws IOException, SQLException, InterruptedException {
        BaseRows rows = held.add(BaseRows.before(server));
        List<String> command = List.of(
                programs.path("pg_basebackup").toString(),
                "--format=tar",
                "--wal-method=fetch",
                "--pgdata=-",
                "--checkpoint=fast",
                "--max-rate=" + RATE,
                "--label=pgsteward",
                "--no-password");
        ClientProgram program = held.add(server.start(user, command, target.database(), server.ownSettings()));
        return Started.ofCluster(program, rows.after(program));
    }
}
