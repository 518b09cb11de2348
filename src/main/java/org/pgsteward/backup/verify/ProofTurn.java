package org.pgsteward.backup.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.underway.Turn;
import org.pgsteward.backup.verify.ProofOrder.Place;
import org.pgsteward.postgres.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One verification at a time on the host, whichever process it is of: two scratch clusters are more than a small host has
 * memory for. {@link ProofOrder} says which one is next.
 *
 * <ol>
 *   <li>The process that has the turn holds a lock. When it gives it back, it adds the time to {@link VerificationTime}.
 *   <li>Of the verifications that wait in one process only the first one tries to get the lock.
 *   <li>A process does not try while the {@link ProofWish} of another one has a place before its own.
 *   <li>A process that keeps the turn for its next verification gives it to another one that waits.
 * </ol>
 */
final class ProofTurn {
    private static final Logger LOG = LoggerFactory.getLogger(ProofTurn.class);

    /** No service's: one's name does not begin so. */
    private static final String NAME = "_proof";

    private static final Duration LOOK = Duration.ofMillis(200);

    private final Path locks;
    private final Clock clock;
    private final VerificationTime time;
    private final ProofWish wish;
    private final PromisedSpace space;
    private volatile CompletableFuture<Void> makingWay = CompletableFuture.completedFuture(null);

    /** In the order of asking. */
    private final List<Waiting> waiting = new ArrayList<>();

    private boolean taken;

    /** The lock of other processes, while no verification of this process has the turn. */
    private Optional<RunLock> kept = Optional.empty();

    private Keeper keeper = new Keeper() {
        @Override
        public boolean hasKept() {
            return false;
        }

        @Override
        public void discard() {}
    };

    /** Something that is kept from one verification to the next one of this process, and the turn with it. */
    interface Keeper {
        /** Returns whether there is something, and a next verification is to come. */
        boolean hasKept();

        /** Ends it; it is called only while no verification of this process uses it. */
        void discard();
    }

    private static final class Waiting {
        private final String service;
        private final Instant asked;
        private final boolean givesTime;

        /** @param givesTime whether it gives others time, as {@link ProofOrder} says */
        private Waiting(String service, Instant asked, boolean givesTime) {
            this.service = service;
            this.asked = asked;
            this.givesTime = givesTime;
        }

        private Place place(VerificationTime.Used used, String process) {
            return new Place(used.of(service), asked, process);
        }
    }

    private enum Look {
        FIRST_LOOK,
        BEHIND_ANOTHER,
        ELSEWHERE,
        OURS
    }

    /** @param locks the folder that all processes share */
    ProofTurn(Path locks, Clock clock) {
        this.locks = locks;
        this.clock = clock;
        this.time = new VerificationTime(locks, clock);
        this.wish = new ProofWish(locks);
        this.space = new PromisedSpace(locks, NAME);
    }

    /** Sets what may keep the turn; to be called before the first verification. */
    synchronized void keepFor(Keeper wanted) {
        keeper = wanted;
    }

    /** Waits for it. A folder in which no lock can be had holds up no verification. */
    Turn.Taken take(String service) throws InterruptedException {
        return take(service, true);
    }

    /** The same for a dump that is verified while it is made. All other dumps of this process wait for it. */
    Turn.Taken takeForDump(String service) throws InterruptedException {
        return take(service, false);
    }

    /** Waits until the verification that is under way has ended, as one of a service that has used no time. */
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
        Waiting own = new Waiting(service, clock.instant().truncatedTo(ChronoUnit.MILLIS), givesTime);
        waiting.add(own);
        try {
            Look before = Look.FIRST_LOOK;
            while (true) {
                Look look = look(own);
                if (look == Look.OURS) {
                    break;
                }
                tell(before, look);
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

    /** Where the turn is to be had, the lock is {@link #kept} after it. */
    private Look look(Waiting own) {
        VerificationTime.Used used = time.read();
        if (first(used) != own) {
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
        if (own.givesTime && ProofOrder.givesTime(place, used.lastEnd(), used.ofLast(), clock.instant())) {
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

    private Waiting first(VerificationTime.Used used) {
        return waiting.stream()
                .min(Comparator.comparing(one -> one.place(used, wish.process())))
                .orElseThrow();
    }

    private void tell(Look before, Look now) {
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

    /** What is kept is not wanted any more; whatever a verification uses that is under way is given back after it. */
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
            lock.ifPresent(ProofTurn::close);
        }
    }

    private static void close(RunLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            LOG.warn("the lock of proofs cannot be given back before this process ends: {}", e.getMessage());
        }
    }

    /**
     * Returns whether a verification of another process waits. What is kept for the next verification of this process makes
     * way for it on another thread: the next one may be behind a dump that takes hours.
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

    /** By whoever has the turn: so many bytes it may take of the scratch disk until it is given back. */
    void promise(long bytes) {
        space.promise(bytes);
    }

    /** Bytes that the proof under way may take, by whichever process, some of which it has taken; 0 when there is none. */
    long promised() {
        return space.promised();
    }
}
