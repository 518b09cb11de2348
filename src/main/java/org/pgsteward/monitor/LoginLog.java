package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.pgsteward.model.Login;

/**
 * Says who was connected, once a day and then at most every so often: a row for each session would drown a small server.
 * Safe for many threads.
 */
final class LoginLog {
    /** Whoever comes from ever new addresses is not written down without end. */
    private static final int MOST = 10_000;

    private Pace pace = new Pace(true, Duration.ofHours(1));
    private LocalDate day = LocalDate.EPOCH;
    private final Map<UUID, Login> said = new HashMap<>();

    /**
     * How often logins are written down.
     *
     * @param enabled whether they are written down at all
     * @param again after which time a row says that somebody is still connected
     */
    record Pace(boolean enabled, Duration again) {
        /** @throws IllegalArgumentException when one cannot be read, with its name and value */
        static Pace parse(String enabled, String again) {
            if (!enabled.equals("true") && !enabled.equals("false")) {
                throw new IllegalArgumentException("enabled is '" + enabled + "': write true or false");
            }
            return new Pace(enabled.equals("true"), Duration.ofSeconds(Math.round(Unit.TIME.parse("again", again))));
        }
    }

    synchronized void use(Pace next) {
        pace = next;
    }

    /** What is to be written down of this look. */
    public synchronized List<Login> rows(DatabaseLook look) {
        LocalDate today = LocalDate.ofInstant(look.at(), ZoneOffset.UTC);
        if (!today.equals(day)) {
            said.clear();
            day = today;
        }
        List<Login> rows = new ArrayList<>();
        for (DatabaseLook.Presence presence : pace.enabled() ? look.present() : List.<DatabaseLook.Presence>of()) {
            Login login = login(presence, look.at());
            Login before = said.get(login.eventId());
            boolean news = before == null && said.size() < MOST;
            if (news || (before != null && !before.lastSeen().plus(pace.again()).isAfter(look.at()))) {
                Login row = before == null
                        ? login
                        : new Login(
                                login.service(), login.user(), login.address(), before.firstSeen(), login.lastSeen());
                said.put(row.eventId(), row);
                rows.add(row);
            }
        }
        return rows;
    }

    /** One that has been connected since yesterday was seen first today when today began. */
    private Login login(DatabaseLook.Presence presence, Instant at) {
        Instant midnight = day.atStartOfDay(ZoneOffset.UTC).toInstant();
        Instant first = presence.since().isBefore(midnight) ? midnight : presence.since();
        return new Login(presence.service(), presence.user(), presence.address(), first.isAfter(at) ? at : first, at);
    }
}
