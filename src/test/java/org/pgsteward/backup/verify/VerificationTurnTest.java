package org.pgsteward.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.backup.underway.Turn;

/** Two turns with the same folder, like those of the daemon and a command. */
@Tag("fast")
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class VerificationTurnTest {
    private static final Instant START = SettableClock.NOON;

    @TempDir
    private Path locks;

    private final SettableClock clock = new SettableClock();
    private final List<String> order = new CopyOnWriteArrayList<>();
    private VerificationTurn daemon;
    private VerificationTurn command;

    @BeforeEach
    void begin() {
        daemon = new VerificationTurn(locks, clock);
        command = new VerificationTurn(locks, clock);
    }

    @Test
    void theOtherProcessWaitsUntilTheFirstHasDone() throws Exception {
        Turn.Taken first = daemon.take("wiki");
        daemon.promise(4711);
        assertThat(daemon.promised()).isEqualTo(4711);
        assertThat(command.promised()).as("promise of the other process").isEqualTo(4711);

        Waiter second = waiting(command, "shop");
        assertThat(second.ended).isNotDone();

        first.close();
        second.ended.join();
        assertThat(daemon.promised()).isZero();
        daemon.take("wiki").close();
    }

    @Test
    void anInterruptedWaiterBlocksNoOther() throws Exception {
        Turn.Taken first = daemon.take("wiki");
        for (VerificationTurn turn : List.of(command, daemon)) {
            Waiter second = waiting(turn, "shop");
            second.thread.interrupt();
            assertThat(second.ended)
                    .failsWithin(Duration.ofMinutes(1))
                    .withThrowableThat()
                    .withCauseInstanceOf(InterruptedException.class);
        }
        first.close();
        command.take("shop").close();
        daemon.take("shop").close();
    }

    @Test
    void thePromiseOfAKilledProcessIsIgnored() throws Exception {
        daemon.promise(4711);
        assertThat(new VerificationTurn(locks, clock).promised()).isZero();
    }

    @Test
    void aHeavyServiceWaitsForALightOneInTheSameProcess() throws Exception {
        used("noisy", 100);
        used("quiet", 10);
        Turn.Taken first = daemon.take("wiki");
        List<Waiter> waiting = List.of(
                waiting(daemon, "noisy"), waiting(daemon, "noisy"), waiting(daemon, "quiet"), waiting(daemon, "new"));
        first.close();
        clock.set(START.plusSeconds(30));
        waiting.forEach(one -> one.ended.join());
        assertThat(order).containsExactly("new", "quiet", "noisy", "noisy");
    }

    @Test
    void aHeavyServiceWaitsForALightOneInAnotherProcess() throws Exception {
        used("noisy", 100);
        Turn.Taken first = daemon.take("wiki");
        Waiter noisy = waiting(daemon, "noisy");
        clock.set(START.plusSeconds(1));
        Waiter quiet = waiting(command, "quiet");
        await().until(() -> wishAskedAt(START.plusSeconds(1)));
        first.close();
        clock.set(START.plusSeconds(30));
        quiet.ended.join();
        noisy.ended.join();
        assertThat(order).containsExactly("quiet", "noisy");
    }

    @Test
    void aServiceThatBecomesHeavyWhileItWaitsGoesBehind() throws Exception {
        Turn.Taken first = daemon.take("wiki");
        Waiter noisy = waiting(daemon, "noisy");
        clock.set(START.plusSeconds(1));
        Waiter quiet = waiting(command, "quiet");
        used("noisy", 100);
        await().until(() -> wishAskedAt(START.plusSeconds(1)));
        first.close();
        clock.set(START.plusSeconds(30));
        quiet.ended.join();
        noisy.ended.join();
        assertThat(order).containsExactly("quiet", "noisy");
    }

    @Test
    void equalServicesOfOneProcessRunInTheirOrderOfRequest() throws Exception {
        Turn.Taken first = daemon.take("wiki");
        List<Waiter> waiting =
                List.of(waiting(daemon, "c"), waiting(daemon, "a"), waiting(daemon, "b"), waiting(daemon, "a"));
        first.close();
        waiting.forEach(one -> one.ended.join());
        assertThat(order).containsExactly("c", "a", "b", "a");
    }

    @Test
    void equalServicesOfTwoProcessesRunInTheirOrderOfRequest() throws Exception {
        Turn.Taken first = daemon.take("wiki");
        Waiter a = waiting(command, "a");
        clock.set(START.plusSeconds(1));
        Waiter b = waiting(daemon, "b");
        await().until(() -> wishAskedAt(START));
        first.close();
        a.ended.join();
        b.ended.join();
        assertThat(order).containsExactly("a", "b");
    }

    @Test
    void aHeavyServiceWaitsForTheNextOfAQuickSeries() throws Exception {
        used("noisy", 1000);
        used("quick", 1);
        Waiter noisy = waiting(daemon, "noisy");
        command.take("quick").close();
        command.take("quick").close();
        assertThat(order).as("heavy service waits although the turn is free").isEmpty();
        clock.set(START.plus(VerificationOrder.PAUSE));
        noisy.ended.join();
    }

    @Test
    void aDumpThatIsVerifiedWhileItIsMadeGivesNoTime() throws Exception {
        used("noisy", 1000);
        used("quick", 1);
        daemon.takeForDump("noisy").close();
        used("quick", 1);
        daemon.awaitEnd();
    }

    @Test
    void theWishOfAKilledProcessBlocksNoOther() throws Exception {
        used("noisy", 100);
        WaitingPlace killed = new WaitingPlace(locks);
        killed.express(new VerificationOrder.Place(0, START, killed.process()));
        Files.setLastModifiedTime(
                locks.resolve(WaitingPlace.FILE), FileTime.from(Instant.now().minusSeconds(3)));
        daemon.take("noisy").close();
        Files.writeString(locks.resolve(WaitingPlace.FILE), "0");
        Files.setLastModifiedTime(
                locks.resolve(WaitingPlace.FILE), FileTime.from(Instant.now().plusSeconds(3600)));
        daemon.take("noisy").close();
    }

    @Test
    void corruptFilesBlockNoTurn() throws Exception {
        Files.writeString(locks.resolve(WaitingPlace.FILE), "?");
        Files.writeString(locks.resolve(VerificationTime.FILE), "?");
        daemon.take("wiki").close();
        Files.delete(locks.resolve(VerificationTime.FILE));
        Files.createDirectories(locks.resolve(VerificationTime.FILE).resolve("in the way"));
        Files.deleteIfExists(locks.resolve(WaitingPlace.FILE));
        Files.createDirectories(locks.resolve(WaitingPlace.FILE).resolve("in the way"));
        Turn.Taken first = daemon.take("wiki");
        Waiter second = waiting(command, "shop");
        first.close();
        second.ended.join();
    }

    @Test
    void aKeptTurnGoesToAnotherProcessThatUsedLess() throws Exception {
        used("noisy", 100);
        AtomicInteger discarded = keepingFrom(daemon);
        daemon.take("wiki").close();
        assertThat(command.isFree()).as("turn is kept").isFalse();
        Waiter quiet = waiting(command, "quiet");
        await().until(() -> wishAskedAt(START));
        Waiter noisy = waiting(daemon, "noisy");
        quiet.ended.join();
        clock.set(START.plusSeconds(30));
        noisy.ended.join();
        assertThat(order).containsExactly("quiet", "noisy");
        assertThat(discarded).hasPositiveValue();
    }

    @Test
    void aTurnIsNotKeptWhileAnotherProcessWaits() throws Exception {
        used("noisy", 100);
        AtomicInteger discarded = keepingFrom(daemon);
        Turn.Taken first = daemon.take("wiki");
        Waiter noisy = waiting(command, "noisy");
        await().until(() -> wishAskedAt(START));
        first.close();
        assertThat(discarded).hasPositiveValue();
        clock.set(START.plusSeconds(30));
        noisy.ended.join();
    }

    @Test
    void aKeptTurnEndsWithItsSeries() throws Exception {
        AtomicInteger discarded = keepingFrom(daemon);
        daemon.take("wiki").close();
        daemon.take("shop").close();
        assertThat(discarded).hasValue(0);
        daemon.endKept();
        assertThat(discarded).hasValue(1);
        assertThat(command.isFree()).isTrue();
    }

    private void used(String service, long seconds) {
        new VerificationTime(locks, clock).add(service, Duration.ofSeconds(seconds));
    }

    private boolean wishAskedAt(Instant asked) {
        return new WaitingPlace(locks)
                .ofOther()
                .filter(place -> place.asked().equals(asked))
                .isPresent();
    }

    private static AtomicInteger keepingFrom(VerificationTurn turn) {
        AtomicInteger discarded = new AtomicInteger();
        turn.keepFor(new VerificationTurn.Keeper() {
            @Override
            public boolean hasKept() {
                return true;
            }

            @Override
            public void discard() {
                discarded.incrementAndGet();
            }
        });
        return discarded;
    }

    private record Waiter(Thread thread, CompletableFuture<Void> ended) {}

    private Waiter waiting(VerificationTurn turn, String service) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                Turn.Taken taken = turn.take(service);
                order.add(service);
                taken.close();
                ended.complete(null);
            } catch (InterruptedException e) {
                ended.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        return new Waiter(thread, ended);
    }
}
