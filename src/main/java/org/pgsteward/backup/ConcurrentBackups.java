package org.pgsteward.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.io.Threads;

/** Backs up several targets on two threads: one dumps while the other verifies. Idle threads end after 10 s. */
public final class ConcurrentBackups {
    private final BackupRun run;
    private final CardKeeper card;
    private final ExecutorService threads;

    public ConcurrentBackups(BackupRun run, CardKeeper card) {
        this.run = run;
        this.card = card;
        ThreadPoolExecutor pair = new ThreadPoolExecutor(
                2,
                2,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Threads.factory("backup", Threads.DEFAULT_STACK));
        pair.allowCoreThreadTimeOut(true);
        threads = pair;
    }

    /** Returns the outcome of each run, in the order of the targets. A failed run does not stop the others. */
    public List<BackupRun.Outcome> all(List<BackupTarget> targets, BackupRun.Patience patience)
            throws InterruptedException {
        try (CardKeeper.Batch batch = card.batch()) {
            Objects.requireNonNull(batch);
            List<Future<BackupRun.Outcome>> running = new ArrayList<>();
            for (BackupTarget target : targets) {
                running.add(threads.submit(() -> run.run(target, patience)));
            }
            List<BackupRun.Outcome> outcomes = new ArrayList<>();
            for (Future<BackupRun.Outcome> one : running) {
                outcomes.add(outcome(one));
            }
            return outcomes;
        }
    }

    /** Waits for a run. A dump may take hours, and the recovery card must not lack earlier backups for so long. */
    private BackupRun.Outcome outcome(Future<BackupRun.Outcome> running) throws InterruptedException {
        try {
            while (true) {
                try {
                    return running.get(CardKeeper.BETWEEN.toSeconds(), TimeUnit.SECONDS);
                } catch (TimeoutException underWay) {
                    card.writeIfStale();
                }
            }
        } catch (ExecutionException e) {
            // A run reports its failures itself. An exception is a defect, such as an Error.
            throw new IllegalStateException(e.getCause());
        }
    }
}
