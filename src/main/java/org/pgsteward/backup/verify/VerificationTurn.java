package org.pgsteward.backup.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.underway.Turn;
import org.pgsteward.backup.verify.VerificationOrder.Place;
import org.pgsteward.postgres.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turn of verifications: one at a time on the host, in any process. Two scratch clusters need more memory than a
 * small host has. {@link VerificationOrder} decides which verification is next.
 *
 * <ol>
 *   <li>The process with the turn holds a lock. When it releases the lock, it adds the time to {@link
 *       VerificationTime}.
 *   <li>Only the first of the waiting verifications of a process tries to take the lock.
 *   <li>A process does not try while the {@link WaitingPlace} of another process has a place before its own.
 *   <li>A process that keeps the turn for its next verification gives it up if another process waits.
 * </ol>
 */
final class VerificationTurn {
    private static final Logger LOG = LoggerFactory.getLogger(VerificationTurn.class);

    /** The name of the lock. No service has this name: the name of a service does not begin with an underscore. */
    private static final String NAME = "_proof";

    private static final Duration LOOK = Duration.ofMillis(200);

    private final Path locks;
    private final Clock clock;
    private final VerificationTime time;
    private final WaitingPlace wish;
    private final PromisedSpace space;
    private volatile CompletableFuture<Void> makingWay = CompletableFuture.completedFuture(null);

    private final WaitingVerifications waiting = new WaitingVerifications();

    private boolean taken;

    /** The lock against other processes, while no verification of this process has the turn. */
    private Optional<RunLock> kept = Optional.empty();

    private Keeper keeper = new Keeper() {
        @Override
        public boolean hasKept() {
            return false;
        }

        @Override
        public void discard() {}
    };

    /** The owner of a resource that this process keeps, together with the turn, from one verification to the next. */
    interface Keeper {
        /** Returns whether a resource is kept and another verification will follow. */
        boolean hasKept();

        /** Releases the resource. It is called only while no verification of this process uses it. */
        void discard();
    }

    private enum Look {
        FIRST_LOOK,
        BEHIND_ANOTHER,
        ELSEWHERE,
        OURS
    }

    /** @param locks the folder that all processes share */
    VerificationTurn(Path locks, Clock clock) {
        this.locks = locks;
        this.clock = clock;
        this.time = new VerificationTime(locks, clock);
        this.wish = new WaitingPlace(locks);
        this.space = new PromisedSpace(locks, NAME);
    }

    /** Sets the owner of a resource that may keep the turn. It must be called before the first verification. */
    synchronized void keepFor(Keeper wanted) {
        keeper = wanted;
    }

    /** Waits for the turn. If the folder of the locks cannot be used, the verification proceeds without a lock. */
    Turn.Taken take(String service) throws InterruptedException {
        return take(service, true);
    }

    /**
     * Waits for the turn for a dump that is verified while it is made. It gives no time to others, because all other
     * dumps of this process wait for it.
     */
    Turn.Taken takeForDump(String service) throws InterruptedException {
        return take(service, false);
    }

    /** Waits until the verification under way has ended, with the place of a service that has used no time. */
    void awaitEnd() throws InterruptedException {
        take("", false).close();
    }

    private Turn.Taken take(String service, boolean givesTime) throws InterruptedException {
        Optional<RunLock> lock = await(service, givesTime);
        long began = System.nanoTime();
        AtomicBoolean given = new AtomicBoolean();
        return () -> {
            if (given.compareAndSet(false, true)) {
                giveBack(service, Duration.ofNanos(System.nanoTime() - began), lock);
            }
        };
    }

    private synchronized Optional<RunLock> await(String service, boolean givesTime) throws InterruptedException {
        WaitingVerifications.Entry own =
                waiting.add(service, clock.instant().truncatedTo(ChronoUnit.MILLIS), givesTime);
        try {
            Look before = Look.FIRST_LOOK;
            while (true) {
                Look look = look(own);
                if (look == Look.OURS) {
                    break;
                }
                report(before, look);
                before = look;
                wait(LOOK.toMillis());
            }
            Optional<RunLock> lock = kept;
            kept = Optional.empty();
            taken = true;
            Progress.current().step("begins");
            return lock;
        } finally {
            waiting.remove(own);
            wish.withdraw();
            notifyAll();
        }
    }

    /** Tries to take the turn. After {@link Look#OURS}, {@link #kept} holds the lock, unless no lock can be had. */
    private Look look(WaitingVerifications.Entry own) {
        VerificationTime.Used used = time.read();
        if (waiting.first(used, wish.process()) != own) {
            return Look.BEHIND_ANOTHER;
        }
        Place place = own.place(used, wish.process());
        if (taken) {
            wish.express(place);
            return Look.BEHIND_ANOTHER;
        }
        if (wish.ofOther().filter(other -> other.isBefore(place)).isPresent()) {
            giveUpKept();
            return Look.ELSEWHERE;
        }
        if (own.givesTime() && VerificationOrder.givesTime(place, used.lastEnd(), used.ofLast(), clock.instant())) {
            wish.express(place);
            return Look.ELSEWHERE;
        }
        try {
            if (kept.isEmpty()) {
                kept = RunLock.take(locks, NAME);
            }
        } catch (IOException e) {
            LOG.warn("cannot determine whether another process verifies a backup: {}", e.getMessage());
            return Look.OURS;
        }
        if (kept.isEmpty()) {
            wish.express(place);
            return Look.ELSEWHERE;
        }
        return Look.OURS;
    }

    private void report(Look before, Look now) {
        if (now == Look.BEHIND_ANOTHER && now != before) {
            Progress.current().waitsFor(RunsUnderWay.ANOTHER_VERIFICATION);
        }
        if (now == Look.ELSEWHERE) {
            if (now != before) {
                Progress.current().step("waits for the verification of another process");
            }
            if (RunLock.isAttended(locks, NAME)) {
                Progress.current().waitsElsewhere();
            }
        }
    }

    private void giveBack(String service, Duration used, Optional<RunLock> lock) {
        space.promise(0);
        synchronized (this) {
            try {
                kept = lock;
                if (lock.isPresent() && !service.isEmpty()) {
                    time.add(service, used);
                }
                if (!keeper.hasKept() || wish.ofOther().isPresent()) {
                    giveUpKept();
                }
            } finally {
                taken = false;
                notifyAll();
            }
        }
    }

    /**
     * Releases the kept resource and the turn. While a verification of this process has the turn, its end decides about
     * them instead.
     */
    synchronized void endKept() {
        if (!taken) {
            giveUpKept();
        }
    }

    private void giveUpKept() {
        Optional<RunLock> lock = kept;
        kept = Optional.empty();
        try {
            keeper.discard();
        } finally {
            lock.ifPresent(VerificationTurn::close);
        }
    }

    private static void close(RunLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            LOG.warn("cannot release the lock of verifications before this process ends: {}", e.getMessage());
        }
    }

    /**
     * Returns whether a verification of another process waits. If so, another thread releases the resource that is kept
     * for the next verification of this process. That verification may come only after a dump that takes hours.
     */
    boolean makesWay() {
        boolean wanted = wish.ofOther().isPresent();
        if (wanted && makingWay.isDone()) {
            makingWay = CompletableFuture.runAsync(this::endKept);
        }
        return wanted;
    }

    /** Returns whether no process of this host has the turn. */
    boolean isFree() throws IOException {
        Optional<RunLock> lock = RunLock.take(locks, NAME);
        if (lock.isEmpty()) {
            return false;
        }
        lock.get().close();
        return true;
    }

    /**
     * Publishes the number of bytes that the verification under way may take of the scratch disk; 0 withdraws it. Only
     * the process with the turn calls it.
     */
    void promise(long bytes) {
        space.promise(bytes);
    }

    /**
     * Returns the bytes that the verification under way may take in all, in this process or another one; 0 if none is
     * under way.
     */
    long promised() {
        return space.promised();
    }
}
