package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Guard of the server's memory. When little is left, it terminates the sessions of the role that took most. After a
 * crash it reports the role that had taken most at the previous reading.
 */
final class MemoryGuard {
    /**
     * The time from the end of a recovery within which the next crash is a repetition. Sessions that live longer may
     * have grown large for good reasons.
     */
    private static final Duration SOON = Duration.ofSeconds(30);

    private final UsualUse usual = new UsualUse(Duration.ofSeconds(20), 1 << 20);
    private @Nullable ServerMemory previous;

    /** The first reading after the recovery from the last crash. */
    private Instant readAgainAt = Instant.EPOCH;

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
        boolean crashed = before != null && now.isAfterCrash(before);
        usual.add(now.at(), now.bytesByRole(), crashed || now.isNearlyFull());
        Instant lastWell = before == null || !crashed ? now.at() : before.at();
        boolean soon = lastWell.isBefore(readAgainAt.plus(SOON));
        double share = soon ? ServerMemory.SHARE_OF_SEVERAL : ServerMemory.LARGE_SHARE;
        Optional<ServerMemory.RoleMemory> responsible =
                now.isNearlyFull() ? now.responsible(usual, share) : Optional.empty();
        if (responsible.isPresent()) {
            for (ServerMemory.Session one : responsible.get().sessions()) {
                Sql.terminate(session, one.pid());
            }
        }
        if (before == null || !crashed) {
            return new Result(responsible.map(role -> taken(role, now, false)), Optional.empty());
        }
        readAgainAt = now.at();
        return new Result(
                before.responsibleForCrash(usual, share).map(role -> taken(role, before, true)),
                Optional.of(
                        new ServerCrash(before.at(), now.recoveredAt(), soon, now.logPrefix(), before.cleared(usual))));
    }

    /** Terminating sessions in time harms no other service, so it counts as an offence only of the largest role. */
    private static MemoryTaken taken(ServerMemory.RoleMemory role, ServerMemory reading, boolean crashed) {
        return new MemoryTaken(
                role.role(),
                role.bytes(),
                role.sessions().size(),
                reading.limit(),
                crashed,
                reading.isClear(role) && (crashed || reading.isLargest(role)),
                reading.largestBeside(role.role()));
    }
}
