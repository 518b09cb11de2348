package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Ends the sessions of a role that has much of the server's memory before the kernel ends a process, and tells which role
 * it was when that came first.
 */
final class MemoryGuard {
    private @Nullable ServerMemory last;

    /**
     * What a look found.
     *
     * @param taken who is to be told of; his sessions are ended already
     * @param crash that all sessions have ended since the last look
     */
    record Found(Optional<MemoryTaken> taken, Optional<ServerCrash> crash) {}

    Found look(Connection session) throws SQLException {
        ServerMemory before = last;
        Optional<ServerMemory> read = ServerMemory.of(session);
        last = read.orElse(null);
        if (read.isEmpty()) {
            return new Found(Optional.empty(), Optional.empty());
        }
        ServerMemory now = read.get();
        Optional<ServerMemory.Taker> taker = now.isTight() ? now.taker() : Optional.empty();
        if (taker.isPresent()) {
            for (ServerMemory.Session one : taker.get().sessions()) {
                Ask.end(session, one.pid());
            }
        }
        if (before == null || !now.isAfterCrash(before)) {
            return new Found(taker.map(one -> taken(one, now, false)), Optional.empty());
        }
        return new Found(
                before.taker().map(one -> taken(one, before, true)),
                Optional.of(new ServerCrash(before.at(), now.recoveredAt(), now.logPrefix(), before.largest())));
    }

    private static MemoryTaken taken(ServerMemory.Taker taker, ServerMemory reading, boolean crashed) {
        return new MemoryTaken(taker.role(), taker.bytes(), taker.sessions().size(), reading.limit(), crashed);
    }
}
