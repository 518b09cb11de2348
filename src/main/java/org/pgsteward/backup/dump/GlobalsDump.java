package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.underway.ResourceStack;
import org.pgsteward.backup.verify.StreamVerification;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;

/** A dump of the roles, by {@code pg_dumpall}. */
final class GlobalsDump implements Dump {
    private final Server server;
    private final UnprivilegedUser user;
    private final Programs programs;
    private final BackupTarget target;

    GlobalsDump(Server server, UnprivilegedUser user, Programs programs, BackupTarget target) {
        this.server = server;
        this.user = user;
        this.programs = programs;
        this.target = target;
    }

    @Override
    public void check() {}

    @Override
    public Started start(Optional<StreamVerification> verification, ResourceStack held)
            throws IOException, SQLException, InterruptedException {
        if (verification.isPresent()) {
            verification.get().prepare(target.owner(), Map.of(), DatabaseEnvironment.UNKNOWN);
        }
        RoleRows roles = held.add(RoleRows.before(server));
        List<String> command =
                List.of(programs.path("pg_dumpall").toString(), "--globals-only", "--no-tablespaces", "--no-password");
        ClientProgram program = held.add(server.start(user, command, target.database(), server.ownSettings()));
        return Started.ofCluster(program, roles.after(program));
    }
}
