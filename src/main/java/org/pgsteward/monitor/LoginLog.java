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
 * Records the connected clients once a day and then at most once an interval, since a row for each session would drown
 * a small server. Safe for many threads.
 */
final class LoginLog {
    /** Limits the rows of a client that comes from ever new addresses. */
    private static final int MOST = 10_000;

    private Pace pace = new Pace(true, Duration.ofHours(1));
    private LocalDate day = LocalDate.EPOCH;
    private final Map<UUID, Login> said = new HashMap<>();

    /**
     * The frequency of rows about logins.
     *
     * @param enabled whether logins are recorded at all
     * @param again the time after which a row records that a client is still connected
     */
    record Pace(boolean enabled, Duration again) {
        /** @throws IllegalArgumentException with name and value, if one cannot be read */
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

    /** Returns the rows to write for these readings. */
    public synchronized List<Login> rows(DatabaseObservation look) {
        LocalDate today = LocalDate.ofInstant(look.at(), ZoneOffset.UTC);
        if (!today.equals(day)) {
            said.clear();
            day = today;
        }
        List<Login> rows = new ArrayList<>();
        for (DatabaseObservation.Presence presence :
                pace.enabled() ? look.present() : List.<DatabaseObservation.Presence>of()) {
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

    /**
     * Returns the login. For a client that has been connected since yesterday, it begins at today's midnight, in UTC.
     */
    private Login login(DatabaseObservation.Presence presence, Instant at) {
        Instant midnight = day.atStartOfDay(ZoneOffset.UTC).toInstant();
        Instant first = presence.since().isBefore(midnight) ? midnight : presence.since();
        return new Login(presence.service(), presence.user(), presence.address(), first.isAfter(at) ? at : first, at);
    }
}
