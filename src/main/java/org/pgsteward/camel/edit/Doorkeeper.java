package org.pgsteward.camel.edit;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.direct.DirectConsumer;

/**
 * {@code direct:} with doors that change hands in one moment: the route that comes takes a door over from the one that
 * goes. With Camel's own there would be a gap, and a step that does not wait for an answer would pass it unheard.
 */
final class Doorkeeper extends DirectComponent {
    private final ReentrantLock turn = new ReentrantLock();
    private final Condition changed = turn.newCondition();
    private final Map<String, DirectConsumer> behind = new HashMap<>();

    @Override
    public void addConsumer(String key, DirectConsumer consumer) {
        turn.lock();
        try {
            behind.put(key, consumer);
            tellProducers(key, consumer);
            changed.signalAll();
        } finally {
            turn.unlock();
        }
    }

    @Override
    public void removeConsumer(String key, DirectConsumer consumer) {
        turn.lock();
        try {
            behind.remove(key, consumer);
            tellProducers(key, consumer);
            changed.signalAll();
        } finally {
            turn.unlock();
        }
    }

    /** Producers remember who is behind a door until the component's count of changes, which nothing else raises, moves. */
    private void tellProducers(String key, DirectConsumer consumer) {
        super.removeConsumer(key, consumer);
    }

    @Override
    @SuppressWarnings("NullAway") // null is nobody, as in the method that this one stands for
    protected DirectConsumer getConsumer(String key, boolean block, long timeoutMillis) throws InterruptedException {
        long left = Duration.ofMillis(timeoutMillis).toNanos();
        turn.lockInterruptibly();
        try {
            DirectConsumer found = behind.get(key);
            while (found == null && block && left > 0) {
                left = changed.awaitNanos(left);
                found = behind.get(key);
            }
            return found;
        } finally {
            turn.unlock();
        }
    }

    @Override
    protected void doShutdown() throws Exception {
        behind.clear();
        super.doShutdown();
    }
}
