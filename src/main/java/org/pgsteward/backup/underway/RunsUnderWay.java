package org.pgsteward.backup.underway;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pgsteward.postgres.Progress;

/**
 * The backups, verifications and nights that this process works on. {@link StuckRule} reads the list from another
 * thread, so that it finds a run whose own threads hang.
 */
public final class RunsUnderWay {
    private final List<Run> runs = new CopyOnWriteArrayList<>();
    private volatile Optional<ProcessDeaths> deaths = Optional.empty();

    /** A backup, a verification or a night that is under way until it is closed. */
    public final class Run implements AutoCloseable {
        private final String service;
        private final Progress progress;
        private final boolean isVerification;

        private Run(String service, Progress progress, boolean isVerification) {
            this.service = service;
            this.progress = progress;
            this.isVerification = isVerification;
        }

        public String service() {
            return service;
        }

        public Progress progress() {
            return progress;
        }

        /**
         * Ends the run. The silence of waiting runs counts from now on. The size of this run adds to the time for which
         * a night may be silent.
         */
        @Override
        public void close() {
            if (runs.remove(this)) {
                if (runs.stream().noneMatch(other -> other.service.equals(service))) {
                    deaths.ifPresent(record -> record.end(service, isVerification));
                }
                Progress.State state = progress.state();
                for (Run other : runs) {
                    Progress.State waiting = other.progress.state();
                    if (waiting.waiting()) {
                        other.progress.moved(0);
                    }
                    if (!waiting.holding()) {
                        other.progress.grow(state.sizeBytes());
                    }
                }
            }
        }
    }

    /** The name of the other run for which a backup waits. */
    public static final String ANOTHER_DUMP = "another dump";

    /** The name of the other run for which a verification waits. */
    public static final String ANOTHER_VERIFICATION = "another verification";

    private static final String BACKUP = "backup";

    private static final String VERIFICATION = "verification";

    /** Begins a backup of a service. The caller closes the run to end it. */
    public Run beginBackup(String service) {
        return begin(BACKUP, service);
    }

    /** Begins a verification of a service's backup. The caller closes the run to end it. */
    public Run beginVerification(String service) {
        return begin(VERIFICATION, service);
    }

    private Run begin(String what, String service) {
        deaths.ifPresent(record -> record.begin(service));
        return add(new Run(service, new Progress(what + " of " + service, true), what.equals(VERIFICATION)));
    }

    static boolean isBackup(Progress.State run) {
        return run.name().startsWith(BACKUP);
    }

    static boolean isVerification(Progress.State run) {
        return run.name().startsWith(VERIFICATION);
    }

    /** Begins a night: several backups one after the other, and the steps after them. */
    public Run night() {
        Run night = add(new Run(NIGHT, new Progress("the night's backups", false), false));
        night.progress().waitsFor("its backups");
        return night;
    }

    /** The name that stands for the service in a night's alerts. */
    public static final String NIGHT = "_night";

    /** Sets the record of the runs during which this process dies. Only the daemon calls it. */
    public void recordIn(ProcessDeaths record) {
        deaths = Optional.of(record);
    }

    private Run add(Run run) {
        runs.add(run);
        return run;
    }

    public List<Run> all() {
        return List.copyOf(runs);
    }
}
