package org.pgsteward.routing;

import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.pgsteward.backup.Schedule;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** When each service is backed up: as the label {@code pgsteward.backup.schedule} on its container says, else as all. */
public final class Schedules {
    private static final Logger LOG = LoggerFactory.getLogger(Schedules.class);

    private final Schedule usual;
    private final ZoneId zone;
    private final Function<String, Optional<String>> own;
    private final Map<String, Schedule> read = new ConcurrentHashMap<>();

    /**
     * @param usual five-field cron
     * @param own the label's value, by service
     * @throws IllegalArgumentException when {@code usual} cannot be read
     */
    public Schedules(String usual, ZoneId zone, Function<String, Optional<String>> own) {
        this.usual = new CronSchedule(usual, zone);
        this.zone = zone;
        this.own = own;
    }

    /** A label that cannot be read is said once, and the usual schedule holds: a typing error must not cost a backup. */
    Schedule of(String service) {
        return own.apply(service)
                .map(cron -> read.computeIfAbsent(cron, unread -> parse(service, unread)))
                .orElse(usual);
    }

    private Schedule parse(String service, String cron) {
        try {
            return new CronSchedule(cron, zone);
        } catch (IllegalArgumentException e) {
            LOG.warn("label pgsteward.backup.schedule of {}: {}; the usual schedule holds", service, e.getMessage());
            return usual;
        }
    }
}
