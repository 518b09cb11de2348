package org.pgsteward.backup.underway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class TurnTest {
    private final Turn turn = new Turn("another dump");

    @Test
    void aSecondTakerWaitsUntilTheTurnIsReturned() throws Exception {
        Turn.Taken first = turn.take();
        CompletableFuture<Turn.Taken> second = taking();
        Assertions.assertThatThrownBy(() -> second.get(50, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        first.close();
        assertThat(second.get(8, TimeUnit.MINUTES)).isNotNull();
    }

    @Test
    void returningATurnTwiceFreesItOnce() throws Exception {
        Turn.Taken first = turn.take();
        first.close();
        first.close();
        assertThat(taking().get(8, TimeUnit.MINUTES)).isNotNull();
        CompletableFuture<Turn.Taken> third = taking();
        Assertions.assertThatThrownBy(() -> third.get(50, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
    }

    private CompletableFuture<Turn.Taken> taking() {
        CompletableFuture<Turn.Taken> taken = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                taken.complete(turn.take());
            } catch (InterruptedException e) {
                taken.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return taken;
    }
}
