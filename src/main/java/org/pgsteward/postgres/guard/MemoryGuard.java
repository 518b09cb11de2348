package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Terminates the sessions of a role with a large share of the memory when the server has nearly none left. After a crash it
 * reports the role that had a large share at the previous reading.
 */
final class MemoryGuard {
    private @Nullable ServerMemory previous;

    /**
     * The result of a check.
     *
     * @param taken the responsible role; its sessions are terminated
     * @param crash present if PostgreSQL has ended all sessions since the previous check
     */
    record Result(Optional<MemoryTaken> taken, Optional<ServerCrash> crash) {}

    Result check(Connection session) throws SQLException {
        ServerMemory before = previous;
        Optional<ServerMemory> read = ServerMemory.of(session);
        previous = read.orElse(null);
        if (read.isEmpty()) {
            return new Result(Optional.empty(), Optional.empty());
        }
        ServerMemory now = read.get();
        Optional<ServerMemory.RoleMemory> responsible = now.isNearlyFull() ? now.responsible() : Optional.empty();
        if (responsible.isPresent()) {
            for (ServerMemory.Session one : responsible.get().sessions()) {
                Sql.terminate(session, one.pid());
            }
        }
        if (before == null || !now.isAfterCrash(before)) {
            return new Result(responsible.map(role -> taken(role, now, false)), Optional.empty());
        }
        return new Result(
                before.responsible().map(role -> taken(role, before, true)),
                Optional.of(new ServerCrash(before.at(), now.recoveredAt(), now.logPrefix(), before.suspects())));
    }

    private static MemoryTaken taken(ServerMemory.RoleMemory role, ServerMemory reading, boolean crashed) {
        return new MemoryTaken(role.role(), role.bytes(), role.sessions().size(), reading.limit(), crashed);
    }
}
