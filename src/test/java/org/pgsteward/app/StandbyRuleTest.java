package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.app.StandbyRule.Role;
import org.pgsteward.postgres.DaemonLock;
import org.pgsteward.postgres.DaemonLock.State;
import org.pgsteward.postgres.DaemonLock.Take;

@Tag("fast")
class StandbyRuleTest {
    private static final Instant NOON = Instant.parse("2026-05-01T12:00:00Z");

    @Test
    void theOneWithTheLockWorks() {
        for (Role role : Role.values()) {
            assertThat(next(role, State.HELD, false)).isEqualTo(Role.WORKING);
        }
    }

    @Test
    void everyOtherOneStandsBy() {
        for (Role role : Role.values()) {
            assertThat(next(role, State.TAKEN, true)).isEqualTo(Role.STANDING_BY);
        }
    }

    /** Only a working daemon can report that PostgreSQL is unavailable, so it must not stand by. */
    @Test
    void eachGoesOnAsItWasWhilePostgresCannotBeAsked() {
        assertThat(next(Role.WORKING, State.UNKNOWN, false)).isEqualTo(Role.WORKING);
        assertThat(next(Role.STANDING_BY, State.UNKNOWN, false)).isEqualTo(Role.STANDING_BY);
        assertThat(next(Role.STARTING, State.UNKNOWN, false)).isEqualTo(Role.WORKING);
    }

    /**
     * Once, a service held the lock in a session that did not end. No daemon worked for as long as the session lasted.
     */
    @Test
    void aLockThatNoDaemonHoldsStopsNoWork() {
        for (Role role : Role.values()) {
            assertThat(next(role, State.TAKEN, false)).isEqualTo(Role.WORKING);
        }
    }

    @Test
    void standbyStaysUntilItHasTriedForTheLock() {
        assertThat(next(Role.STANDING_BY, State.TAKEN, false, false)).isEqualTo(Role.STANDING_BY);
        assertThat(next(Role.WORKING, State.TAKEN, false, false)).isEqualTo(Role.WORKING);
    }

    /** A standby that reconnects before the working daemon once took its lock. */
    @Test
    void afterABreakTheOneThatStandsByLeavesTheOtherTimeToComeBack() {
        assertThat(StandbyRule.take(Role.STANDING_BY, Instant.EPOCH, NOON)).isEqualTo(Take.UNLESS_RECONNECTED);
        assertThat(StandbyRule.take(Role.STANDING_BY, NOON, NOON.plusSeconds(29)))
                .isEqualTo(Take.NEVER);
        assertThat(StandbyRule.take(Role.STANDING_BY, NOON, NOON.plusSeconds(30)))
                .isEqualTo(Take.UNLESS_RECONNECTED);
        assertThat(StandbyRule.take(Role.STANDING_BY, NOON, NOON.minusSeconds(3600)))
                .as("after the clock was set back")
                .isEqualTo(Take.UNLESS_RECONNECTED);
        assertThat(StandbyRule.take(Role.WORKING, NOON, NOON)).isEqualTo(Take.ALWAYS);
        assertThat(StandbyRule.take(Role.STARTING, NOON, NOON)).isEqualTo(Take.ALWAYS);
    }

    private static Role next(Role role, State state, boolean other) {
        return next(role, state, other, true);
    }

    private static Role next(Role role, State state, boolean other, boolean tried) {
        return StandbyRule.next(
                role,
                new DaemonLock.Check(
                        state,
                        other
                                ? Optional.of(new DaemonLock.Session(true, "other", "172.18.0.5", NOON))
                                : Optional.empty(),
                        "",
                        false,
                        tried));
    }
}
