package org.pgsteward.containers;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.pgsteward.engine.EngineAway;
import org.pgsteward.model.ContainerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads, once, the events that the engine remembers from before the start of pgsteward: a container that an operator stopped
 * just before has not crashed. Safe for many threads.
 */
final class EventRecall {
    private static final Logger LOG = LoggerFactory.getLogger(EventRecall.class);

    private final Supplier<List<ContainerEvent>> remembered;
    private final Consumer<ContainerEvent> receiver;
    private boolean finished;

    /** @param remembered returns the events, oldest first; asked again until the engine answers */
    EventRecall(Supplier<List<ContainerEvent>> remembered, Consumer<ContainerEvent> receiver) {
        this.remembered = remembered;
        this.receiver = receiver;
    }

    /** @param listed whether the engine has answered with a list of containers before */
    synchronized void run(boolean listed) {
        if (finished) {
            return;
        }
        try {
            remembered.get().forEach(receiver);
            finished = true;
        } catch (EngineAway away) {
            if (away.hasAnswered()) {
                failed(away, listed);
            }
        } catch (RuntimeException refused) {
            failed(refused, listed);
        }
    }

    /** An unavailable engine may answer later. An engine that gave its list and no events will not. */
    private void failed(RuntimeException refused, boolean listed) {
        finished = listed;
        LOG.info("cannot read earlier events of the containers: {}", refused.getMessage());
    }
}
