package org.pgsteward.camel.receivers;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.FailingReceiver;

/** What routes may ask of the delivery, which begins with the context that carries them and so is built after them. */
public final class Delivery {
    private volatile @Nullable OutboxDelivery begun;

    /** Begins with the next receiver's route that starts. */
    public void begin(OutboxDelivery delivery) {
        delivery.listen();
        begun = delivery;
    }

    /** Whether somebody can be told: there is a receiver that is not failing. */
    public boolean isWell() {
        OutboxDelivery delivery = begun;
        return delivery != null && delivery.isWell();
    }

    /** Returns the receivers that do not take what they are given. */
    public List<FailingReceiver> failing() {
        OutboxDelivery delivery = begun;
        return delivery == null ? List.of() : delivery.failing();
    }

    /** To be called after receivers came or went. */
    public void reviewReceivers() {
        OutboxDelivery delivery = begun;
        if (delivery != null) {
            delivery.nameOrphans();
        }
    }
}
