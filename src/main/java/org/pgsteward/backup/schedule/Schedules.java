package org.pgsteward.backup.schedule;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schedules of all services. The label {@code pgsteward.backup.schedule} of a container overrides the usual
 * schedule. Base backups have a schedule of their own, or none.
 */
public final class Schedules {
    private static final Logger LOG = LoggerFactory.getLogger(Schedules.class);

    private static final Schedule NEVER = moment -> Instant.MAX;

    private final Schedule usual;
    private final Schedule base;
    private final ZoneId zone;
    private final Function<String, Optional<String>> own;
    private final Map<String, Schedule> read = new ConcurrentHashMap<>();

    /**
     * @param usual a five-field cron expression
     * @param base a five-field cron expression for base backups; empty for none
     * @param own returns the value of the label, by service
     * @throws IllegalArgumentException if {@code usual} or {@code base} cannot be parsed
     */
    public Schedules(String usual, Optional<String> base, ZoneId zone, Function<String, Optional<String>> own) {
        this.usual = new CronSchedule(usual, zone);
        this.base = base.<Schedule>map(cron -> new CronSchedule(cron, zone)).orElse(NEVER);
        this.zone = zone;
        this.own = own;
    }

    /**
     * Returns the schedule of a service's backups of one kind. The schedule of base backups may have no time at all.
     */
    public Schedule of(BackupKind kind, String service) {
        return kind == BackupKind.BASE ? base : of(service);
    }

    /** Returns whether base backups have a schedule. */
    public boolean hasBase() {
        return base != NEVER;
    }

    /**
     * Returns the schedule of a service's dumps. A label that cannot be parsed is logged once, and the usual schedule
     * applies: a typing error must not cost a backup.
     */
    public Schedule of(String service) {
        return own.apply(service)
                .map(cron -> read.computeIfAbsent(cron, unread -> parse(service, unread)))
                .orElse(usual);
    }

    /**
     * Returns the next scheduled times.
     *
     * @param services the services whose labels count
     */
    public NextBackups next(Collection<String> services, Instant now) {
        Instant ofUsual = usual.nextAfter(now);
        Map<Schedule, Instant> times = new HashMap<>();
        NextBackups.OfService first = new NextBackups.OfService(Targets.BASE, base.nextAfter(now));
        for (String service : services) {
            Instant at = times.computeIfAbsent(of(service), schedule -> schedule.nextAfter(now));
            if (at.isBefore(first.at())) {
                first = new NextBackups.OfService(service, at);
            }
        }
        return new NextBackups(
                Optional.of(ofUsual).filter(at -> !at.equals(Instant.MAX)),
                Optional.of(first).filter(one -> one.at().isBefore(ofUsual)));
    }

    /** Returns the reason if a service's newest verified backup is too old; empty while it is in time. */
    public Optional<String> tooOld(OverdueRule rule, String service, Instant restorableTo, Instant now) {
        BackupTarget target = new BackupTarget(service, service, "", BackupKind.DUMP, "");
        Condition condition = rule.judge(target, of(service), Optional.of(restorableTo), restorableTo, now);
        return condition.severity().map(late -> condition.reason());
    }

    private Schedule parse(String service, String cron) {
        try {
            return new CronSchedule(cron, zone);
        } catch (IllegalArgumentException e) {
            LOG.warn("label pgsteward.backup.schedule of {}: {}; the usual schedule applies", service, e.getMessage());
            return usual;
        }
    }
}
