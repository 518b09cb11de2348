package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Looks.NOON;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;

class HostRulesTest {
    @Test
    void aDiskThatFillsIsToldWithTheTimeThatIsLeft() {
        HostWatch watch = watch(new DiskRule(), "85%", "95%");
        watch.judge(Looks.host(NOON, 30));

        Condition condition = bad(watch, Looks.host(NOON.plus(Duration.ofHours(4)), 10));

        assertThat(condition.key()).isEqualTo("disk-filling:/backups");
        assertThat(condition.reason())
                .isEqualTo(
                        "the disk of /backups (backups, state) is full to 90%: 10 MiB of 100 MiB free, and at the pace"
                                + " of the last hours nothing in 2 h; told from 85% on");
        assertThat(condition.remedy()).startsWith("df -h '/backups'\n");
    }

    @Test
    void aDiskThatDoesNotFillFurtherIsToldWithoutATime() {
        HostWatch watch = watch(new DiskRule(), "85%", "95%");
        watch.judge(Looks.host(NOON, 10));

        assertThat(bad(watch, Looks.host(NOON.plus(Duration.ofHours(4)), 10)).reason())
                .doesNotContain("pace");
    }

    @Test
    void aFeedThatHearsNothingIsTold() {
        HostWatch watch = watch(new FeedRule(), "5m", "1h");
        HostLook deaf =
                new HostLook(NOON, List.of(), Optional.of(NOON.minusSeconds(400)), "connection refused", 0, Map.of());

        assertThat(bad(watch, deaf).reason())
                .startsWith("no event of the Docker Engine has been heard for 6 min 40 s (connection refused)");
        assertThat(watch.judge(Looks.host(NOON, 50)).conditions())
                .singleElement()
                .satisfies(over -> assertThat(over.severity()).isEmpty());
    }

    @Test
    void eachReceiverWithItsOwnQueueIsASubject() {
        HostWatch watch = watch(new OutboxRule(), "20", "off");
        HostLook look = new HostLook(NOON, List.of(), Optional.empty(), "", 0, Map.of("email", 3, "webhook", 20));

        FigureWatch.Judged judged = watch.judge(look);

        assertThat(judged.subjects()).containsExactlyInAnyOrder("outbox-growing:email", "outbox-growing:webhook");
        assertThat(judged.conditions())
                .filteredOn(condition -> condition.severity().isPresent())
                .extracting(Condition::reason)
                .containsExactly("20 notices wait for the receiver webhook; none is lost; told from 20 on");
    }

    private static Condition bad(HostWatch watch, HostLook look) {
        List<Condition> bad = watch.judge(look).conditions().stream()
                .filter(condition -> condition.severity().isPresent())
                .toList();
        assertThat(bad).hasSize(1);
        return bad.get(0);
    }

    private static HostWatch watch(FigureRule<HostLook> rule, String warn, String critical) {
        rule.setWarn(warn);
        rule.setCritical(critical);
        rule.check();
        HostWatch watch = new HostWatch();
        watch.getRules().add(rule);
        return watch;
    }
}
