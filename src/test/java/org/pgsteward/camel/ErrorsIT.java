package org.pgsteward.camel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * An {@link Error} in the middle of a run. Java's own library throws one if direct memory is used up, and the JVM
 * continues after it. The run has to release its resources as after any exception, or no later night begins.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ErrorsIT {
    private final ThrowingClock clock = new ThrowingClock();

    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring(Map.of(), clock);
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
    }

    @AfterAll
    void stopHost() throws Exception {
        pipeline.close();
        host.close();
    }

    enum Moment {
        WHILE_A_RUN_BEGINS("dump.Dumps"),
        WHILE_A_FILE_IS_PUBLISHED("dump.DumpInProgress"),
        WHILE_A_BACKUP_IS_VERIFIED("verify.Verification");

        private final String caller;

        Moment(String caller) {
            this.caller = "org.pgsteward.backup." + caller;
        }

        Error error() {
            return switch (this) {
                case WHILE_A_RUN_BEGINS -> new OutOfMemoryError("Cannot reserve 1052672 bytes of direct buffer memory");
                case WHILE_A_FILE_IS_PUBLISHED -> new StackOverflowError();
                case WHILE_A_BACKUP_IS_VERIFIED -> new NoClassDefFoundError("org/pgsteward/Missing");
            };
        }

        String named() {
            return error().getClass().getSimpleName();
        }
    }

    @ParameterizedTest
    @EnumSource
    void errorReleasesResourcesAndRaisesAnAlert(Moment moment) throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.notes AS SELECT 1 AS n");
        clock.throwOnce(moment);

        Backup outcome = host.backUp(wiring, database);

        boolean made = moment == Moment.WHILE_A_BACKUP_IS_VERIFIED;
        assertThat(outcome.state()).isEqualTo(made ? BackupState.UNVERIFIABLE : BackupState.FAILED);
        assertThat(outcome.error()).contains(moment.named());
        assertThat(host.journal(database))
                .singleElement()
                .asString()
                .startsWith(outcome.state().word() + ": ")
                .contains(moment.named());
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        assertNothingIsHeld(database);
        assertThat(host.stored(database)).hasSize(made ? 2 : 0);

        assertThat(host.backUp(wiring, database).state()).isEqualTo(BackupState.VERIFIED);
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
        assertNothingIsHeld(database);
    }

    /** Once, a night that an Error ended was the last night with backups. */
    @Test
    void oneOfANightEndedByAnErrorLeavesTheOthersVerified() throws Exception {
        List<String> databases = List.of(
                host.cluster().newDatabase(),
                host.cluster().newDatabase(),
                host.cluster().newDatabase());
        clock.throwOnce(Moment.WHILE_A_RUN_BEGINS);

        List<Backup> night = wiring.asked.backUp(SetKeeper.COMMAND, wiring.asked.named(databases));

        assertThat(night).extracting(Backup::service).containsExactlyInAnyOrderElementsOf(databases);
        assertThat(night)
                .extracting(Backup::state)
                .containsExactlyInAnyOrder(BackupState.FAILED, BackupState.VERIFIED, BackupState.VERIFIED);
    }

    private void assertNothingIsHeld(String database) throws Exception {
        Optional<RunLock> lock = RunLock.take(host.folder().resolve("state/locks"), database);
        assertThat(lock).as("the lock of " + database).isPresent();
        lock.get().close();
        assertThat(host.rows(
                        "homelab",
                        "SELECT state || ': ' || query FROM pg_stat_activity WHERE application_name = 'pgsteward'"
                                + " AND datname = '" + database + "'"))
                .as("sessions that hold a snapshot")
                .isEmpty();
        Path scratch = host.folder().resolve("state/scratch");
        if (Files.isDirectory(scratch)) {
            try (Stream<Path> left = Files.list(scratch)) {
                assertThat(left.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith("template")))
                        .isEmpty();
            }
        }
    }

    /** The real time, except for one call by one class, which throws. */
    private static final class ThrowingClock extends Clock {
        private final AtomicReference<Moment> armed = new AtomicReference<>();

        void throwOnce(Moment moment) {
            armed.set(moment);
        }

        @Override
        public Instant instant() {
            Moment moment = armed.get();
            if (moment != null && caller().equals(moment.caller) && armed.compareAndSet(moment, null)) {
                throw moment.error();
            }
            return Instant.now();
        }

        private static String caller() {
            return StackWalker.getInstance()
                    .walk(frames -> frames.map(StackWalker.StackFrame::getClassName)
                            .filter(name -> !name.equals(ThrowingClock.class.getName()))
                            .findFirst()
                            .orElseThrow());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
