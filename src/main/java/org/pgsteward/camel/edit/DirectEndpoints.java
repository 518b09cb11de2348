package org.pgsteward.camel.edit;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.direct.DirectConsumer;

/**
 * The {@code direct:} component with consumers that are replaced in one step: a new route takes an endpoint over from
 * the old one. Camel's own component would leave a gap, in which a message that expects no answer could be lost.
 */
final class DirectEndpoints extends DirectComponent {
    private final ReentrantLock turn = new ReentrantLock();
    private final Condition changed = turn.newCondition();
    private final Map<String, DirectConsumer> behind = new HashMap<>();

    @Override
    public void addConsumer(String key, DirectConsumer consumer) {
        turn.lock();
        try {
            behind.put(key, consumer);
            notifyProducers(key, consumer);
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
            notifyProducers(key, consumer);
            changed.signalAll();
        } finally {
            turn.unlock();
        }
    }

    /**
     * Makes producers look up the consumer again. They cache it until the component's change counter moves, and only
     * the superclass raises that counter.
     */
    private void notifyProducers(String key, DirectConsumer consumer) {
        super.removeConsumer(key, consumer);
    }

    @Override
    @SuppressWarnings("NullAway") // null means no consumer, as in the overridden method
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
