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
        double share = soon ? MemoryByRole.SHARE_OF_SEVERAL : MemoryByRole.LARGE_SHARE;
        MemoryByRole roles = new MemoryByRole(now, usual);
        Optional<RoleMemory> responsible = now.isNearlyFull() ? roles.responsible(share) : Optional.empty();
        if (responsible.isPresent()) {
            for (ServerMemory.Session one : responsible.get().sessions()) {
                Sql.terminate(session, one.pid());
            }
        }
        if (before == null || !crashed) {
            return new Result(responsible.map(role -> taken(role, roles, now.limit(), false)), Optional.empty());
        }
        readAgainAt = now.at();
        MemoryByRole rolesBefore = new MemoryByRole(before, usual);
        return new Result(
                rolesBefore.responsibleForCrash(share).map(role -> taken(role, rolesBefore, before.limit(), true)),
                Optional.of(
                        new ServerCrash(before.at(), now.recoveredAt(), soon, now.logPrefix(), rolesBefore.cleared())));
    }

    /** To terminate sessions in time harms no other service, so it counts only against the largest role. */
    private static MemoryTaken taken(RoleMemory role, MemoryByRole roles, long limit, boolean crashed) {
        return new MemoryTaken(
                role.role(),
                role.bytes(),
                role.sessions().size(),
                limit,
                crashed,
                roles.isClear(role) && (crashed || roles.isLargest(role)),
                roles.largestBeside(role.role()));
    }
}
