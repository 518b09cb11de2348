package org.pgsteward.monitor;

import java.util.List;
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
