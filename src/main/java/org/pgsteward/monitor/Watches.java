package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgsteward.containers.MemorySample;
import org.pgsteward.model.Condition;

/** All watches. They keep their earlier readings when their levels change. */
public final class Watches {
    private final MemoryWatch memory;
    private final PostgresWatch postgres = new PostgresWatch();
    private final DatabaseWatch databases = new DatabaseWatch();
    private final CatalogWatch catalogs = new CatalogWatch();
    private final LogWatch log = new LogWatch();
    private final HostWatch host = new HostWatch();
    private final LoginLog logins = new LoginLog();

    public Watches(MonitorRules thresholds) {
        memory = new MemoryWatch(thresholds.memory());
        use(thresholds);
    }

    /** Uses these levels from now on. */
    public void use(MonitorRules thresholds) {
        memory.use(thresholds.memory());
        postgres.use(thresholds.postgres());
        databases.use(thresholds.databases());
        catalogs.use(thresholds.catalogs());
        log.use(thresholds.log());
        host.use(thresholds.host());
        logins.use(thresholds.logins());
    }

    /** Returns the bad conditions of one round of samples, without regard to earlier samples. */
    public List<Condition> glance(List<MemorySample> memory) {
        return this.memory.glance(memory);
    }

    /** Returns the bad conditions of one reading of PostgreSQL and its databases. */
    public List<Condition> glance(DatabaseObservation look) {
        return databases.glance(look);
    }

    /** Returns the bad conditions of one reading of the catalogs. */
    public List<Condition> glance(CatalogObservation look) {
        return catalogs.glance(look);
    }

    /** Returns the bad conditions of one reading of PostgreSQL's log. */
    public List<Condition> glance(LogObservation look) {
        return log.glance(look);
    }

    /** Returns the bad conditions of one reading of the disks and of pgsteward itself. */
    public List<Condition> glance(HostObservation look) {
        return host.glance(look);
    }

    /** Returns the disk of the store as the last round read it; empty if that was before {@code since}. */
    public Optional<HostObservation.Disk> storeDisk(Instant since) {
        return host.last().filter(look -> !look.at().isBefore(since)).stream()
                .flatMap(look -> look.disks().stream())
                .filter(disk -> disk.holds().contains(DiskProbe.STORE))
                .findFirst();
    }

    MemoryWatch memory() {
        return memory;
    }

    PostgresWatch postgres() {
        return postgres;
    }

    DatabaseWatch databases() {
        return databases;
    }

    CatalogWatch catalogs() {
        return catalogs;
    }

    LogWatch log() {
        return log;
    }

    HostWatch host() {
        return host;
    }

    LoginLog logins() {
        return logins;
    }
}
