package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class LockRoomRuleTest {
    /**
     * The number of sessions and other processes: 100 connections, three autovacuum workers and their launcher,
     * eight workers, ten senders.
     */
    private static final int SESSIONS = 122;

    @Test
    void leavesMoreThanATenthOfThePromisedLocksToOthers() {
        // 64 * 122 = 7,808
        assertThat(LockRoomRule.hindrance("big", new LockRoomRule.Room(64, SESSIONS, 0, 6899, "")))
                .isEmpty();
        assertThat(LockRoomRule.hindrance("big", new LockRoomRule.Room(64, SESSIONS, 0, 6900, "")))
                .isPresent();
    }

    @Test
    void namesTheRoleThatHoldsTheLocksADumpNeeds() {
        assertThat(LockRoomRule.hindrance("big", new LockRoomRule.Room(64, SESSIONS, 28, 6872, "blog")))
                .contains("a dump of database big locks all its 6,872 tables, sequences and views at once. Other"
                        + " sessions hold 28 of the server's 7,808 locks, most of them by role blog; back up again when these"
                        + " locks are free");
    }

    @Test
    void namesTheSettingTheValueThatIsEnoughAndItsPrice() {
        assertThat(LockRoomRule.hindrance("big", new LockRoomRule.Room(64, SESSIONS, 12, 20_000, "blog")))
                .contains("a dump of database big locks all its 20,000 tables, sequences and views at once. The server"
                        + " has 7,808 locks (max_locks_per_transaction = 64): 12 are taken, and more than a tenth stays free for"
                        + " other sessions. Run ALTER SYSTEM SET max_locks_per_transaction = 192, which takes 5 MiB more"
                        + " shared memory, and restart PostgreSQL");
    }
}
