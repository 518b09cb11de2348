package org.pgsteward.web;

import java.sql.SQLException;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.pgsteward.journal.ServiceHistory;
import org.pgsteward.overview.Overview;

/** The page of one service: its current state, the sizes of its backups, and the history of backups and alerts. */
public final class ServicePage {
    /** Limit of a name, in UTF-16 units. The journal's names have 50 characters, and PostgreSQL's have 63 bytes. */
    private static final int MOST_CHARACTERS = 100;

    private final Supplier<Overview> overviews;
    private final FreshHistory histories;
    private final ZoneId zone;
    private final PageTemplate template = new PageTemplate("service.mustache", List.of("status.css", "service.css"));

    /**
     * @param overviews the state of all services, which the status page uses as well
     * @param histories reads a history from PostgreSQL
     * @param zone time zone of the times on the page
     */
    public ServicePage(Supplier<Overview> overviews, Histories histories, ZoneId zone) {
        this(overviews, new FreshHistory(histories), zone);
    }

    ServicePage(Supplier<Overview> overviews, FreshHistory histories, ZoneId zone) {
        this.overviews = overviews;
        this.histories = histories;
        this.zone = zone;
    }

    /** The query of a service's history. */
    @FunctionalInterface
    public interface Histories {
        /** @throws SQLException if PostgreSQL does not answer in time */
        ServiceHistory of(String service) throws SQLException;
    }

    /**
     * Returns the page of a service; empty if there is no such service. PostgreSQL is queried for known names only.
     *
     * @param name external text
     */
    public Optional<StatusPage.Page> of(String name) {
        if (name.isEmpty() || name.length() > MOST_CHARACTERS) {
            return Optional.empty();
        }
        Overview overview = overviews.get();
        return overview.services().stream()
                .filter(service -> service.name().equals(name))
                .findFirst()
                .map(service -> template.draw(
                        new ServiceTexts(overview, service, zone).scope(history(overview, service.name()))));
    }

    private FreshHistory.Answer history(Overview overview, String service) {
        return overview.trouble().map(FreshHistory.Answer::without).orElseGet(() -> histories.of(service));
    }
}
