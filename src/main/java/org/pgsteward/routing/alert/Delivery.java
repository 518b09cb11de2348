package org.pgsteward.routing.alert;

import org.jspecify.annotations.Nullable;

/** What routes may ask of the delivery, which begins with the context that carries them and so is built after them. */
public final class Delivery {
    private volatile @Nullable OutboxDelivery begun;

    public void begin(OutboxDelivery delivery) {
        begun = delivery;
    }

    /** Whether somebody can be told: there is a receiver that is not failing. */
    public boolean isWell() {
        OutboxDelivery delivery = begun;
        return delivery != null && delivery.isWell();
    }

    /** To be called after receivers came or went. */
    public void reviewReceivers() {
        OutboxDelivery delivery = begun;
        if (delivery != null) {
            delivery.nameOrphans();
        }
    }
}
