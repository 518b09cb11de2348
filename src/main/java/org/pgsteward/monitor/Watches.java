package org.pgsteward.monitor;

/** All watches. They keep what they have seen when their levels change. */
public final class Watches {
    private final MemoryWatch memory;
    private final PostgresWatch postgres = new PostgresWatch();
    private final DatabaseWatch databases = new DatabaseWatch();
    private final LogWatch log = new LogWatch();
    private final HostWatch host = new HostWatch();
    private final LoginLog logins = new LoginLog();

    public Watches(MonitorRules thresholds) {
        memory = new MemoryWatch(thresholds.memory());
        use(thresholds);
    }

    /** Judges by these levels from now on. */
    public void use(MonitorRules thresholds) {
        memory.use(thresholds.memory());
        postgres.use(thresholds.postgres());
        databases.use(thresholds.databases());
        log.use(thresholds.log());
        host.use(thresholds.host());
        logins.use(thresholds.logins());
    }

    public MemoryWatch memory() {
        return memory;
    }

    public PostgresWatch postgres() {
        return postgres;
    }

    public DatabaseWatch databases() {
        return databases;
    }

    public LogWatch log() {
        return log;
    }

    public HostWatch host() {
        return host;
    }

    public LoginLog logins() {
        return logins;
    }
}
