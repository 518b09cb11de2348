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

    /** @return who is to be told of; his sessions are ended already */
    Optional<MemoryTaken> look(Connection session) throws SQLException {
        ServerMemory before = last;
        Optional<ServerMemory> now = ServerMemory.of(session);
        last = now.orElse(null);
        if (now.isEmpty()) {
            return Optional.empty();
        }
        Optional<ServerMemory.Taker> taker = now.get().isTight() ? now.get().taker() : Optional.empty();
        if (taker.isPresent()) {
            for (ServerMemory.Session one : taker.get().sessions()) {
                Ask.end(session, one.pid());
            }
        }
        Optional<MemoryTaken> crash = before != null && now.get().isAfterCrash(before)
                ? before.taker().map(one -> taken(one, before, true))
                : Optional.empty();
        return crash.or(() -> taker.map(one -> taken(one, now.get(), false)));
    }

    private static MemoryTaken taken(ServerMemory.Taker taker, ServerMemory reading, boolean crashed) {
        return new MemoryTaken(taker.role(), taker.bytes(), taker.sessions().size(), reading.limit(), crashed);
    }
}
