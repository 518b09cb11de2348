package org.pgsteward.monitor.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.guard.DiskTaken;
import org.pgsteward.postgres.guard.DiskUnit;
import org.pgsteward.postgres.guard.MemoryTaken;
import org.pgsteward.postgres.guard.TerminatedSession;

@Tag("fast")
class GuardTextsTest {
    private static final long MIB = 1 << 20;
    private static final Optional<String> WIKI = Optional.of("wiki");

    private final GuardTexts texts = new GuardTexts(new Console("postgresql", "homelab", "homelab"));

    @Test
    void aTerminatedSessionIsNamedWithItsLock() {
        TerminatedSession session =
                new TerminatedSession(21, "wiki", "wiki", "locked pg_authid (AccessExclusiveLock)", true, true);

        assertThat(texts.locked(session, 4, WIKI))
                .isEqualTo(
                        new GuardTexts.Text(
                                "role wiki locked pg_authid (AccessExclusiveLock) in database wiki: other services cannot log in, or"
                                        + " pgsteward cannot write its journal; session 21 was terminated, and 3 before it",
                                "pgsteward remove wiki   # quarantine: its role cannot log in until 'pgsteward remove --undo wiki'"));
    }

    @Test
    void aSessionThatStillRunsNeedsARestart() {
        TerminatedSession session =
                new TerminatedSession(21, "reports", "wiki", "held 30000 of the server's 31232 locks", true, false);

        GuardTexts.Text text = texts.locked(session, 1, Optional.empty());

        assertThat(text.reason())
                .endsWith(
                        "; session 21 was terminated and still runs, because PostgreSQL cannot interrupt its statement");
        assertThat(text.remedy()).isEqualTo("""
                docker exec postgresql psql -U homelab -d homelab -c 'ALTER ROLE "reports" NOLOGIN'
                docker restart postgresql   # if that session does not end; ends all sessions of all services""");
    }

    @Test
    void killedProcessIsReportedWithTheConsequences() {
        TerminatedSession session =
                new TerminatedSession(21, "wiki", "wiki", "held 30000 of the server's 31232 locks", true, true);

        assertThat(texts.killed(session, WIKI).reason())
                .endsWith(
                        "; PostgreSQL could not interrupt session 21, so pgsteward killed its process: PostgreSQL ended all"
                                + " sessions of all services and recovered");
    }

    @Test
    void memoryIsReportedWithItsFigures() {
        MemoryTaken crashed = new MemoryTaken("wiki", 195 * MIB, 6, 256 * MIB, true, true, Optional.empty());
        MemoryTaken prevented = new MemoryTaken(
                "wiki", 150 * MIB, 1, 256 * MIB, false, true, Optional.of(new MemoryTaken.Other("photos", 60 * MIB)));

        assertThat(texts.memory(crashed, WIKI).reason())
                .isEqualTo(
                        "role wiki held 195 MiB of PostgreSQL's memory limit of 256 MiB in 6 sessions; PostgreSQL ran out"
                                + " of memory and ended all sessions of all services");
        assertThat(texts.memory(prevented, WIKI).reason())
                .isEqualTo(
                        "role wiki held 150 MiB of PostgreSQL's memory limit of 256 MiB in 1 session, while role photos held 60 MiB; pgsteward terminated"
                                + " its sessions in time, so PostgreSQL did not run out of memory");
    }

    @Test
    void aShutOutRoleComesWithTheLineThatEnablesItsLogin() {
        assertThat(texts.shutOut("wiki", "held 30000 of the server's 31232 locks"))
                .isEqualTo(new GuardTexts.Text(
                        "role wiki cannot log in: pgsteward disabled its login after repeated incidents, until an operator"
                                + " enables it; in the last one it held 30000 of the server's 31232 locks",
                        "docker logs --since 1h pgsteward 2>&1 | grep -F 'role wiki'   # the incidents\n"
                                + "# correct the application first; then enable its login again, with the usual limit of connections:\n"
                                + "docker exec postgresql psql -U homelab -d homelab"
                                + " -c 'ALTER ROLE \"wiki\" LOGIN CONNECTION LIMIT 50'"));
        assertThat(texts.shutOut("wiki").reason())
                .isEqualTo("role wiki cannot log in: it has NOLOGIN and CONNECTION LIMIT 0");
    }

    @Test
    void theNameOfARoleCannotBeginALineOfItsOwn() {
        assertThat(texts.shutOut("a\n[resolved] all is well").reason()).doesNotContain("\n");
    }

    @Test
    void roleTakingTheLastSpaceIsNamedWithTheRest() {
        DiskTaken taken = new DiskTaken(
                DiskTaken.Kind.GROWTH, DiskUnit.BYTES, "wiki", 300 * MIB, Duration.ofSeconds(20), 200 * MIB);

        assertThat(texts.disk(taken, WIKI))
                .isEqualTo(
                        new GuardTexts.Text(
                                "role wiki took 300 MiB of the disk of PostgreSQL's data within 20 s, and 200 MiB are left;"
                                        + " pgsteward terminated its sessions and disabled its login, because PostgreSQL stops for"
                                        + " all services when its disk is full",
                                "pgsteward status   # lists the sizes of databases\ndocker system df   # lists Docker data; volumes hold databases, so remove none that you do not know"));
        assertThat(texts.pausedForDisk(Duration.ofMinutes(5), taken).reason())
                .isEqualTo(
                        "role wiki cannot log in: pgsteward disabled its login for 5 minutes, and until the disk has 128 MiB"
                                + " free again, and enables it then: it took 300 MiB of the disk of PostgreSQL's data within 20 s, and 200 MiB are"
                                + " left");
    }

    @Test
    void roleTakingTheLastInodesIsNamedWithTheRest() {
        DiskTaken taken =
                new DiskTaken(DiskTaken.Kind.GROWTH, DiskUnit.FILES, "wiki", 9000, Duration.ofSeconds(20), 7000);

        GuardTexts.Text text = texts.disk(taken, WIKI);

        assertThat(text.reason())
                .isEqualTo("role wiki created 9000 files on the disk of PostgreSQL's data within 20 s, and 7000 files"
                        + " (inodes) are left; pgsteward terminated its sessions and disabled its login, because PostgreSQL"
                        + " stops for all services when it cannot create a file");
        assertThat(text.remedy()).contains("FROM pg_ls_dir(").endsWith("so remove none that you do not know");
        assertThat(texts.pausedForDisk(Duration.ofMinutes(5), taken).reason())
                .startsWith("role wiki cannot log in: pgsteward disabled its login for 5 minutes, and until 8192 files"
                        + " can be created on the disk, and enables it then: it created 9000 files");
    }

    @Test
    void roleWithManyTemporaryFilesIsNamedWithTheNumber() {
        DiskTaken taken = new DiskTaken(DiskTaken.Kind.TEMPORARY, DiskUnit.FILES, "wiki", 9000, Duration.ZERO, 7000);

        assertThat(GuardTexts.words(taken))
                .isEqualTo(
                        "had 9000 temporary files on the disk of PostgreSQL's data, and 7000 files (inodes) are left");
    }

    @Test
    void roleFillingTheNotifyQueueIsNamed() {
        DiskTaken writer = new DiskTaken(DiskTaken.Kind.QUEUE, DiskUnit.BYTES, "wiki", 80 * MIB, Duration.ZERO, 0);
        DiskTaken reader =
                new DiskTaken(DiskTaken.Kind.TRANSACTION, DiskUnit.BYTES, "wiki", 600 * MIB, Duration.ofSeconds(90), 0);

        assertThat(texts.held(writer, WIKI).reason())
                .isEqualTo("role wiki wrote most of the queue of NOTIFY, which grew to 80 MiB; pgsteward terminated its"
                        + " sessions, because the queue takes the disk of all services");
        assertThat(texts.held(reader, WIKI).reason())
                .isEqualTo("role wiki had a transaction open for 1 min 30 s while the queue of NOTIFY grew to 600 MiB;"
                        + " pgsteward terminated its session, because the queue takes the disk of all services");
    }

    @Test
    void roleWithLargeTemporaryFilesIsNamedWithTheSize() {
        DiskTaken taken =
                new DiskTaken(DiskTaken.Kind.TEMPORARY, DiskUnit.BYTES, "wiki", 300 * MIB, Duration.ZERO, 200 * MIB);

        assertThat(texts.held(taken, WIKI).reason())
                .isEqualTo(
                        "role wiki had 300 MiB of temporary files on the disk of PostgreSQL's data, and 200 MiB are left;"
                                + " pgsteward terminated its sessions, because PostgreSQL stops for all services when its disk is full");
    }
}
