package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Looks.NOON;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Login;

@Tag("fast")
class LoginLogTest {
    private final LoginLog log = new LoginLog();

    @Test
    void manyLooksWithinTheHourAreOneRow() {
        assertThat(rows(NOON, "10.0.0.1"))
                .containsExactly(new Login("vikunja", "vikunja", "10.0.0.1", NOON.minusSeconds(5), NOON));
        assertThat(rows(NOON.plusSeconds(60), "10.0.0.1")).isEmpty();
        assertThat(rows(NOON.plusSeconds(3599), "10.0.0.1")).isEmpty();
    }

    @Test
    void stayingConnectedForAnHourUpdatesTheSameRow() {
        List<Login> first = rows(NOON, "10.0.0.1");

        List<Login> again = rows(NOON.plusSeconds(3600), "10.0.0.1");

        assertThat(again)
                .containsExactly(
                        new Login("vikunja", "vikunja", "10.0.0.1", NOON.minusSeconds(5), NOON.plusSeconds(3600)));
        assertThat(again.get(0).eventId()).isEqualTo(first.get(0).eventId());
    }

    @Test
    void anotherAddressAndAnotherDayAreOtherRows() {
        Login first = rows(NOON, "10.0.0.1").get(0);
        Login other = rows(NOON, "10.0.0.2").get(0);
        Instant tomorrow = NOON.plus(Duration.ofDays(1));
        Login next = rows(tomorrow, "10.0.0.1").get(0);

        assertThat(List.of(first.eventId(), other.eventId(), next.eventId())).doesNotHaveDuplicates();
    }

    @Test
    void sessionFromYesterdayBeginsTodayAtMidnight() {
        Looks.Quiet quiet = new Looks.Quiet();
        quiet.present.add(new DatabaseObservation.Presence("vikunja", "vikunja", "", NOON.minus(Duration.ofDays(3))));

        assertThat(log.rows(quiet.look()))
                .containsExactly(new Login("vikunja", "vikunja", "", Instant.parse("2026-05-01T00:00:00Z"), NOON));
    }

    @Test
    void loginsAreNotRecordedIfSwitchedOff() {
        log.use(LoginLog.Pace.parse("false", "1h"));

        assertThat(rows(NOON, "10.0.0.1")).isEmpty();
    }

    private List<Login> rows(Instant at, String address) {
        Looks.Quiet quiet = new Looks.Quiet();
        quiet.at = at;
        quiet.present.add(new DatabaseObservation.Presence("vikunja", "vikunja", address, at.minusSeconds(5)));
        return log.rows(quiet.look());
    }
}
