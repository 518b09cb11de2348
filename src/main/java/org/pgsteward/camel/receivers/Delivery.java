package org.pgsteward.camel.receivers;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.FailingReceiver;

/** Access of routes to the delivery. The delivery needs the context of these routes, so it is built after them. */
public final class Delivery {
    private volatile @Nullable OutboxDelivery begun;

    /** Starts the delivery, from the next start of a receiver's route on. */
    public void begin(OutboxDelivery delivery) {
        delivery.listen();
        begun = delivery;
    }

    /** Returns whether a notification can arrive: at least one receiver is not failing. */
    public boolean isWell() {
        OutboxDelivery delivery = begun;
        return delivery != null && delivery.isWell();
    }

    /** Returns the failing receivers. */
    public List<FailingReceiver> failing() {
        OutboxDelivery delivery = begun;
        return delivery == null ? List.of() : delivery.failing();
    }

    /** Reviews the receivers. Must be called after receivers were added or removed. */
    public void reviewReceivers() {
        OutboxDelivery delivery = begun;
        if (delivery != null) {
            delivery.nameOrphans();
        }
    }
}
