package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.pgsteward.model.Backup;

/** The course of one case: passes before the fault, while it lasts, and until every copy is complete. */
final class FaultCourse {
    /** The limit of an upload to a slow folder. */
    private static final long SLOW = 400_000;

    /** The forms of a clock that is ahead; the target is gone meanwhile in the last one. */
    private static final int CLOCKS = 4;

    private final FaultyHost host;
    private final CopyFaultCase of;
    private final FaultyEnd end;
    private final FaultyCopies copies;
    private final Path folder;

    FaultCourse(FaultyHost host, CopyFaultCase of, FaultyEnd end, FaultyCopies copies, Path folder) {
        this.host = host;
        this.of = of;
        this.end = end;
        this.copies = copies;
        this.folder = folder;
    }

    /**
     * Runs the case. {@code copy-failed} fires once if the fault failed two passes in a row, and never if it ended after
     * one: that pass is tried again before anybody is notified. {@code copy-damaged} fires once for damage, and else never.
     */
    void run() throws Exception {
        if (of.before() > 0) {
            copies.keep(of.before());
            assertThat(copies.pass()).isEmpty();
        }
        copies.keep(of.backups());
        boolean isDamage = of.fault() == CopyFault.ALTERED || of.fault() == CopyFault.REMOVED;
        switch (of.fault()) {
            case ALTERED, REMOVED -> damage();
            case CLOCK_AHEAD -> clock();
            case PROCESS_KILLED -> process();
            case PROGRAM_KILLED -> program();
            default -> {
                if (of.fault().isAwaited(of.kind())) {
                    awaited();
                } else {
                    outage();
                }
            }
        }
        copies.before(operation -> {});
        copies.complete();
        if (of.variant(8) == 0) {
            copies.drill(1);
            assertThat(copies.states().values()).contains("verified");
            copies.requireTruth();
        }
        copies.requireNotices(CopyAlerts.FAILED, isLong());
        copies.requireNotices(CopyAlerts.DAMAGED, isDamage);
    }

    /** Returns whether the fault fails two passes or more. */
    private boolean isLong() {
        boolean fails = of.fault() == CopyFault.CLOCK_AHEAD
                ? of.variant(CLOCKS) == CLOCKS - 1
                : of.fault().isOutage() && !of.fault().isAwaited(of.kind());
        return fails && of.moment().passes() >= 2;
    }

    /** Lets the fault begin before its operation. The result becomes true if it has begun. */
    private AtomicBoolean failAt(int step) {
        AtomicBoolean begun = new AtomicBoolean();
        copies.before(operation -> {
            if (copies.operation() == step) {
                try {
                    end.fail();
                    begun.set(true);
                } catch (Exception e) {
                    throw new IOException(e);
                }
            }
        });
        return begun;
    }

    private void outage() throws Exception {
        // From a later operation on, a cut or the end of the disk could come after the last byte.
        boolean isMeasured = of.fault() == CopyFault.LINK_CUT || of.fault() == CopyFault.FULL;
        AtomicBoolean begun = failAt(isMeasured ? 1 : of.moment().step());
        for (int i = 0; i < of.moment().passes(); i++) {
            assertThat(copies.pass()).as("the failure of pass " + (i + 1)).isPresent();
            assertThat(begun).isTrue();
        }
        if (isLong()) {
            copies.awaitFiring(CopyAlerts.FAILED);
        }
        end.recover();
    }

    /** A pass lasts as long as the fault, and does not fail. */
    private void awaited() throws Exception {
        if (of.kind() == CopyFault.Kind.FOLDER) {
            copies.limit(SLOW);
            assertThat(copies.pass()).isEmpty();
            copies.limit(0);
            return;
        }
        AtomicBoolean begun = failAt(of.moment().step());
        host.copies.clock.pass(Duration.ofHours(2));
        copies.begin();
        await().until(begun::get);
        boolean isStill = of.fault() == CopyFault.READ_ONLY || of.variant(2) != 0;
        if (isStill) {
            await().pollDelay(Duration.ofMillis(5L * of.moment().millis() + 1)).until(() -> true);
            end.recover();
        }
        assertThat(copies.ended()).isEmpty();
        if (!isStill) {
            end.recover();
        }
    }

    private void damage() throws Exception {
        copies.complete();
        Backup victim = host.backups().get(of.variant(of.backups()));
        String path = victim.path().orElseThrow();
        copies.expectDamage(path);
        if (of.fault() == CopyFault.ALTERED) {
            end.alter(path);
        } else {
            end.remove(path);
        }
        for (int i = 0; i < 4 * of.backups() && !copies.fires(CopyAlerts.DAMAGED); i++) {
            host.copies.clock.pass(Duration.ofDays(1));
            copies.drill(1);
        }
        copies.awaitFiring(CopyAlerts.DAMAGED);
        assertThat(copies.states()).containsValue("failed");
        copies.requireTruth();
    }

    private void clock() throws Exception {
        Instant now = host.copies.clock.instant();
        Duration ahead = Duration.ofHours(new int[] {2, 80, 9_600}[of.variant(3)]);
        switch (of.variant(CLOCKS)) {
            case 0 -> {
                host.copies.clock.pass(ahead);
                assertThat(copies.pass()).isEmpty();
            }
            case 1 -> {
                copies.complete();
                host.copies.clock.pass(ahead);
                assertThat(copies.pass()).isEmpty();
                copies.drill(1);
                copies.requireTruth();
            }
            case 2 -> {
                copies.complete();
                end.age();
                assertThat(copies.pass()).isEmpty();
                copies.drill(1);
                copies.requireTruth();
            }
            default -> {
                host.copies.clock.pass(ahead);
                end.fail();
                for (int i = 0; i < of.moment().passes(); i++) {
                    assertThat(copies.pass()).isPresent();
                }
                if (isLong()) {
                    copies.awaitFiring(CopyAlerts.FAILED);
                }
                end.recover();
            }
        }
        host.copies.clock.set(now);
    }

    private void process() throws Exception {
        KilledProcess.run(
                new CopyingProcess.Work(
                        host.copies.host.environment(),
                        end.recipe().settings(),
                        of.target(),
                        copies.policy(),
                        host.copies.clock.instant().toString()),
                of.moment(),
                folder);
        host.copies.clock.pass(Duration.ofMinutes(1));
        copies.requireTruth();
        copies.restart();
    }

    private void program() throws Exception {
        AtomicReference<CompletableFuture<Boolean>> kill = new AtomicReference<>();
        copies.before(operation -> {
            if (copies.operation() == of.moment().step()) {
                kill.set(KilledProgram.after(of.moment().millis()));
            }
        });
        copies.pass();
        Objects.requireNonNull(kill.get()).join();
    }
}
