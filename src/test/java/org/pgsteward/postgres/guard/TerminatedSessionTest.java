package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class TerminatedSessionTest {
    /**
     * Five roles with an eighth of the locks each, and statements that cannot be interrupted, blocked all other roles.
     */
    @Test
    void runningSessionCountsWithAnyShare() {
        TerminatedSession session = new TerminatedSession(21, "wiki", "wiki", "held 11801 locks", false, true);

        assertThat(session.asRunning().countsAsOffence()).isTrue();
        assertThat(session.asRunning().ended()).isFalse();
        assertThat(session.asEnded().countsAsOffence()).isFalse();
    }
}
