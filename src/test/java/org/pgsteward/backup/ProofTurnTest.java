package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two turns over one folder, as the daemon and a command have it. */
class ProofTurnTest {
    @TempDir
    private Path locks;

    @Test
    void theOtherProcessWaitsUntilTheFirstHasDone() throws Exception {
        ProofTurn daemon = new ProofTurn(locks);
        ProofTurn command = new ProofTurn(locks);
        Turn.Taken first = daemon.take();
        daemon.promise(4711);
        assertThat(daemon.promised()).isEqualTo(4711);
        assertThat(command.promised()).as("what the other may take").isEqualTo(4711);

        CompletableFuture<Turn.Taken> second = new CompletableFuture<>();
        waitingFor(command, second);
        assertThat(second).isNotDone();

        first.close();
        Turn.Taken taken = second.join();
        assertThat(daemon.promised()).isZero();
        taken.close();
        daemon.take().close();
    }

    @Test
    void whoWaitsCanBeInterruptedAndHoldsNobodyUp() throws Exception {
        ProofTurn daemon = new ProofTurn(locks);
        ProofTurn command = new ProofTurn(locks);
        Turn.Taken first = daemon.take();
        CompletableFuture<Turn.Taken> second = new CompletableFuture<>();
        Thread waiting = waitingFor(command, second);
        waiting.interrupt();
        assertThat(second)
                .failsWithin(java.time.Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(InterruptedException.class);
        first.close();
        command.take().close();
    }

    @Test
    void whatOneThatWasKilledHadPromisedCountsNoMore() throws Exception {
        ProofTurn killed = new ProofTurn(locks);
        killed.promise(4711);
        assertThat(new ProofTurn(locks).promised()).isZero();
    }

    private static Thread waitingFor(ProofTurn turn, CompletableFuture<Turn.Taken> taken) {
        Thread waiting = new Thread(() -> {
            try {
                taken.complete(turn.take());
            } catch (InterruptedException e) {
                taken.completeExceptionally(e);
            }
        });
        waiting.start();
        await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
        return waiting;
    }
}
