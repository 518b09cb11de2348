package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.pgsteward.acceptance.Story.await;
import static org.pgsteward.acceptance.Story.say;
import static org.pgsteward.acceptance.Story.sinceThen;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgsteward.engine.NeedsEngine;

/** PostgreSQL is killed, its memory runs out, a backup is killed, and the disk is full. No row and no alert is lost. */
@NeedsEngine
@Tag("deployment")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BadNightIT implements InTheEnd {
    @RegisterExtension
    static final Story STORY = Story.of("bad-night", "vikunja");

    private static final String STORE = "/var/lib/pgsteward/backups";
    private static final String BALLAST = "/var/lib/pgsteward/ballast";
    private static final String STATE_OF_LAST =
            "SELECT state, success FROM backup_log WHERE service_name = 'vikunja' ORDER BY id DESC LIMIT 1";

    private final Deployment host = STORY.host();
    private final Alerts alerts = STORY.alerts();

    @Override
    public Story story() {
        return STORY;
    }

    @Test
    @Order(1)
    void outageOfPostgresqlSendsTwoNoticesAndLosesNoRow() {
        host.docker("kill", host.name("postgresql")).well();
        // pgsteward also sends an information that somebody stopped the container. On a busy host, this comes before
        // the critical alert, for which several probes must fail.
        await().until(() -> criticalOutages().equals(List.of("firing")));
        host.docker("restart", "--time", "1", host.name("vikunja")).well();
        Instant restarted = Instant.now();
        host.docker("start", host.name("postgresql")).well();

        await().until(() -> criticalOutages().equals(List.of("firing", "resolved")));
        say("postgresql back: told after %d ms", sinceThen(restarted));
        await().during(Duration.ofSeconds(6)).until(() -> criticalOutages().equals(List.of("firing", "resolved")));
        assertThat(alerts.states("postgres-down")).as("with the information").hasSizeBetween(2, 3);
        assertThat(
                        host.sql(
                                "SELECT split_part(action, ' (', 1), count(*) FROM user_activity"
                                        + " WHERE service_name = 'vikunja' AND action ~ '^container (die|start)' GROUP BY 1 ORDER BY 1"))
                .isEqualTo("container die|1\ncontainer start|2");
        assertThat(host.sql("SELECT service_name, action, created_at FROM user_activity GROUP BY 1, 2, 3"
                        + " HAVING count(*) > 1"))
                .isEmpty();
        assertThat(waiting()).isEqualTo("0");
    }

    private List<String> criticalOutages() {
        return alerts.notices("postgres-down").stream()
                .filter(notice -> notice.path("severity").asText().equals("critical"))
                .map(notice -> notice.path("state").asText())
                .toList();
    }

    @Test
    @Order(2)
    void memoryOver80PercentFiresOnceAndResolvesOnce() {
        Matcher ratio = Pattern.compile(
                        "pgsteward_container_memory_ratio\\{service=\"" + host.name("postgresql") + "\"} (\\S+)")
                .matcher(host.get("/observe/metrics"));
        assertThat(ratio.find()).isTrue();
        long mebibytes = Math.round((0.85 - Double.parseDouble(ratio.group(1))) * 256);
        say("postgresql uses %s of its 256 MiB; takes %d MiB more", ratio.group(1), mebibytes);

        // tail keeps all of a text without a newline, and cannot release it before sleep ends. Each of the three
        // processes stays below the limit of one process.
        host.docker(
                        "exec",
                        "--detach",
                        host.name("postgresql"),
                        "sh",
                        "-c",
                        "for n in 1 2 3; do head -c " + mebibytes * 1024 / 3
                                + "k /dev/zero | tail -n 1 | sleep 12 & done; wait")
                .well();

        await().until(() -> alerts.states("memory-high").equals(List.of("firing", "resolved")));
        await().during(Duration.ofSeconds(6))
                .until(() -> alerts.states("memory-high").equals(List.of("firing", "resolved")));

        JsonNode notice = alerts.notices("memory-high").get(0);
        assertThat(notice.path("severity").asText()).isEqualTo("warning");
        assertThat(notice.path("service").asText()).isEqualTo(host.name("postgresql"));
        assertThat(notice.path("figures").path("percent").asDouble()).isBetween(80.0, 90.0);
        assertThat(notice.path("figures").path("limitBytes").asLong()).isEqualTo(268435456);
        assertThat(host.inspect("postgresql", "{{.State.OOMKilled}} {{.State.Running}}"))
                .isEqualTo("false true");
    }

    @Test
    @Order(3)
    void killedBackupIsRecordedAsFailedAndBlocksNoOther() {
        host.sql(
                "vikunja",
                "CREATE TABLE ballast AS SELECT n, md5(n::text) || md5((n + 1)::text) AS text"
                        + " FROM generate_series(1, 1500000) n");
        host.docker("exec", "--detach", host.name("pgsteward"), "pgsteward", "backup", "vikunja")
                .well();
        // SIGSTOP keeps the dump from ending before it is killed.
        host.inside(
                        "pgsteward",
                        "until [ -s " + STORE + "/vikunja/*.part ]; do sleep 0.05; done;"
                                + " for process in /proc/[0-9]*; do"
                                + "  if [ \"$(cat $process/comm)\" = pg_dump ]; then kill -STOP ${process#/proc/}; fi;"
                                + " done")
                .well();
        STORY.lookAtProcesses();
        host.docker("kill", "--signal", "KILL", host.name("pgsteward")).well();
        assertThat(STORY.processes()).as("processes seen").anyMatch(line -> line.contains("pg_dump"));
        assertThat(host.sql(STATE_OF_LAST)).isEqualTo("running|f");

        host.docker("start", host.name("pgsteward")).well();

        await().until(() -> host.sql(STATE_OF_LAST).equals("failed|f"));
        // One of these part files is the document of the backup set, which is written again at that moment.
        await().until(() -> host.inside("pgsteward", "find " + STORE + " -name '*.part'")
                .well()
                .out()
                .isEmpty());
        host.sql("vikunja", "DROP TABLE ballast");
        Ended again = host.pgsteward("backup", "vikunja");
        assertThat(again.isWell()).as(again.both()).isTrue();
        assertThat(host.sql(STATE_OF_LAST)).isEqualTo("verified|t");
    }

    @Test
    @Order(4)
    void fullDiskRaisesAnAlertAndBackupsResumeWithSpace() {
        assumeTrue(host.disk().isPresent(), "skipped: pgsteward's data is on the engine's disk; run the tests as root");
        Ended refused;
        try {
            Ended filled = host.inside("pgsteward", "dd if=/dev/zero of=" + BALLAST + " bs=64k");
            assertThat(filled.err()).contains("No space left");
            // A disk check during the filling raises the alert before the disk is full. The mailbox is on that disk,
            // the webhook is not.
            await().until(() -> alerts.heard("disk-filling").stream()
                    .anyMatch(notice -> notice.path("text").asText().contains("is 100% full")));

            refused = host.pgsteward("backup", "vikunja");
        } finally {
            host.inside("pgsteward", "rm " + BALLAST);
        }

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.out()).containsPattern("needs about .*, \\d+ (bytes|KiB) free on " + STORE);
        await().until(() -> alerts.states("disk-filling").contains("resolved"));
        assertThat(alerts.states("disk-filling")).last().isEqualTo("resolved");
        // Whether the daemon recorded the refusal as well depends on the last free bytes. The command printed it in any
        // case.
        Ended backup = host.pgsteward("backup", "vikunja");
        assertThat(backup.isWell()).as(backup.both()).isTrue();
        await().until(() -> !alerts.states("backup-failed").equals(List.of("firing")));
        assertThat(host.inside("pgsteward", "find " + STORE + " -name '*.part'")
                        .well()
                        .out())
                .isEmpty();
    }

    /** Returns the number of rows that are not in their tables yet or were refused. */
    private String waiting() {
        return host.inside("pgsteward", "find /var/lib/pgsteward/state/spool -name '*.json' | wc -l")
                .well()
                .out();
    }
}
