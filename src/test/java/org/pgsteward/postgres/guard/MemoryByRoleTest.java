package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.ContainerMemory;

@Tag("fast")
class MemoryByRoleTest {
    private static final long MIB = 1 << 20;
    private static final Instant STARTED = Instant.parse("2026-11-28T02:00:00Z");
    private static final Instant AT = STARTED.plusSeconds(1000);

    private final UsualUse usual = new UsualUse(Duration.ofMinutes(1), MIB);

    @BeforeEach
    void nothingIsUsual() {
        usual.add(AT.minusSeconds(600), Map.of(), false);
    }

    @Test
    void findsTheRoleWithMostMemoryAndItsLargestSessions() {
        ServerMemory reading = reading(
                session(1, "wiki", 30), session(2, "photos", 60), session(3, "wiki", 50), session(4, "wiki", 40));

        assertThat(new MemoryByRole(reading, usual).responsible(MemoryByRole.LARGE_SHARE))
                .hasValueSatisfying(role -> {
                    assertThat(role.role()).isEqualTo("wiki");
                    assertThat(role.bytes()).isEqualTo(120 * MIB);
                    assertThat(role.sessions())
                            .extracting(ServerMemory.Session::pid)
                            .containsExactly(3, 4, 1);
                });
    }

    /** The role had 118 MiB for hours without endangering the server. */
    @Test
    void roleTakingTheRestIsResponsibleNotTheLargest() {
        settle(Map.of("photos", 118 * MIB));

        ServerMemory reading = reading(session(1, "photos", 118), session(2, "evil", 86));

        assertThat(new MemoryByRole(reading, usual).responsible(MemoryByRole.LARGE_SHARE))
                .hasValueSatisfying(role -> {
                    assertThat(role.role()).isEqualTo("evil");
                    assertThat(role.growth()).isEqualTo(86 * MIB);
                });
        assertThat(new MemoryByRole(reading, usual).cleared()).containsExactly("photos");
    }

    /** The reading precedes the memory use that caused the crash. */
    @Test
    void usualReadingBlamesNoRoleForACrash() {
        settle(Map.of("photos", 118 * MIB));
        ServerMemory reading = new ServerMemory(
                AT,
                STARTED,
                STARTED,
                "",
                new ContainerMemory(256 * MIB, 180 * MIB),
                List.of(session(1, "photos", 118)));

        assertThat(new MemoryByRole(reading, usual).responsibleForCrash(MemoryByRole.LARGE_SHARE))
                .isEmpty();
        assertThat(new MemoryByRole(reading, usual).responsible(MemoryByRole.LARGE_SHARE))
                .isPresent();
    }

    /** The reading gives no information about a role that came later. */
    @Test
    void clearsRolesWithoutMostMemoryOrMostSessions() {
        ServerMemory reading = reading(
                session(1, "evil", 60),
                session(2, "many", 3),
                session(3, "many", 3),
                session(4, "photos", 20),
                session(5, "small", 1));

        assertThat(new MemoryByRole(reading, usual).cleared()).containsExactly("photos");
    }

    /** Three services divided the rest so that each had less than a pool that began 20 seconds before them. */
    @Test
    void earlierPoolIsNotResponsibleForGrowthOfOthers() {
        UsualUse young = mailForTwentySeconds();

        ServerMemory reading = reading(
                session(1, "mail", 75), session(2, "evil", 45), session(3, "evil2", 40), session(4, "evil3", 40));

        assertThat(new MemoryByRole(reading, young).responsibleForCrash(MemoryByRole.SHARE_OF_SEVERAL))
                .hasValueSatisfying(role -> {
                    assertThat(role.role()).isEqualTo("evil");
                    assertThat(new MemoryByRole(reading, young).isClear(role)).isTrue();
                });
        assertThat(new MemoryByRole(reading, young).cleared()).contains("mail").doesNotContain("evil");
        assertThat(new MemoryByRole(
                                reading(session(1, "mail", 75), session(2, "evil", 40), session(3, "evil2", 40)), young)
                        .responsible(MemoryByRole.LARGE_SHARE))
                .isEmpty();
    }

    /** Its many sessions do not make the pool a suspect, because it had them before. */
    @Test
    void earlierPoolIsClearedDespiteItsManySessions() {
        List<ServerMemory.Session> sessions = new ArrayList<>(Collections.nCopies(12, session(1, "mail", 6)));
        sessions.addAll(Collections.nCopies(8, session(2, "evil", 5)));

        assertThat(new MemoryByRole(reading(sessions.toArray(ServerMemory.Session[]::new)), mailForTwentySeconds())
                        .cleared())
                .containsExactly("mail");
    }

    @Test
    void aRoleThatMoreThanDoublesItsMemoryIsClearlyResponsible() {
        UsualUse young = mailForTwentySeconds();

        assertThat(isClear(young, 160)).isTrue();
        assertThat(isClear(young, 120)).as("memory less than doubled").isFalse();
    }

    private static boolean isClear(UsualUse usual, long mib) {
        MemoryByRole roles = new MemoryByRole(reading(session(1, "mail", mib)), usual);
        return roles.isClear(roles.responsible(MemoryByRole.LARGE_SHARE).orElseThrow());
    }

    private void settle(Map<String, Long> used) {
        for (int minutes = 1; minutes <= 10; minutes++) {
            usual.add(AT.plusSeconds(60L * minutes), used, false);
        }
    }

    private static UsualUse mailForTwentySeconds() {
        UsualUse usual = new UsualUse(Duration.ofSeconds(20), MIB);
        for (int n = 0; n <= 10; n++) {
            usual.add(AT.plusSeconds(2L * n), n == 0 ? Map.of() : Map.of("mail", 75 * MIB), false);
        }
        return usual;
    }

    /** A larger quiet session would cause every pool that starts after it to be blamed. */
    @Test
    void theLargestOrdinaryRoleIsKnown() {
        ServerMemory reading = reading(session(1, "photos", 59), session(2, "evil", 70), session(3, "homelab", 90));

        assertThat(isLargest(reading, "photos", 59)).isFalse();
        assertThat(isLargest(reading, "evil", 70)).isTrue();
        assertThat(isLargest(reading(session(1, "photos", 59), session(2, "evil", 59)), "photos", 59))
                .isFalse();
    }

    private boolean isLargest(ServerMemory reading, String role, long mib) {
        return new MemoryByRole(reading, usual).isLargest(new RoleMemory(role, mib * MIB, 0, List.of()));
    }

    /** A dump of thousands of tables may take this memory. */
    @Test
    void memoryOfTheAdministratorBlamesNoRole() {
        settle(Map.of("photos", 72 * MIB));

        ServerMemory reading = reading(session(1, "photos", 72), session(2, "homelab", 70));

        assertThat(new MemoryByRole(reading, usual).responsible(MemoryByRole.LARGE_SHARE))
                .isEmpty();
        assertThat(new MemoryByRole(reading, usual).responsibleForCrash(MemoryByRole.LARGE_SHARE))
                .isEmpty();
    }

    /** Otherwise a role could take its memory slowly, and the guard would blame its neighbours. */
    @Test
    void roleWithFarMoreThanOthersIsResponsibleEvenIfUsual() {
        settle(Map.of("evil", 150 * MIB));

        assertThat(new MemoryByRole(reading(session(1, "evil", 150), session(2, "photos", 50)), usual)
                        .responsible(MemoryByRole.LARGE_SHARE))
                .hasValueSatisfying(role -> assertThat(role.role()).isEqualTo("evil"));
    }

    /** With many services, one of them always has the most memory. */
    @Test
    void aRoleWithAnOrdinaryShareIsNotResponsible() {
        List<ServerMemory.Session> sessions = new ArrayList<>(Collections.nCopies(11, session(1, "wiki", 4)));
        sessions.addAll(Collections.nCopies(10, session(2, "photos", 4)));

        assertThat(new MemoryByRole(reading(sessions.toArray(ServerMemory.Session[]::new)), usual)
                        .responsible(MemoryByRole.LARGE_SHARE))
                .isEmpty();
        assertThat(new MemoryByRole(reading(), usual).responsible(MemoryByRole.LARGE_SHARE))
                .isEmpty();
    }

    private static ServerMemory reading(ServerMemory.Session... sessions) {
        return new ServerMemory(AT, STARTED, STARTED, "", new ContainerMemory(256 * MIB, 200 * MIB), List.of(sessions));
    }

    private static ServerMemory.Session session(int pid, String role, long mib) {
        return new ServerMemory.Session(pid, role, role, mib * MIB, role.equals("homelab"));
    }
}
