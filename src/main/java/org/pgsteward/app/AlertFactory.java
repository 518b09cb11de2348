package org.pgsteward.app;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.AlertHistory;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.DeliveryScheduler;
import org.pgsteward.alert.Outbox;
import org.pgsteward.alert.Silences;
import org.pgsteward.alert.message.Messages;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.receivers.Delivery;
import org.pgsteward.camel.receivers.OutboxDelivery;
import org.pgsteward.camel.receivers.Receivers;
import org.pgsteward.config.AlertConfig;
import org.pgsteward.model.CommandPrefix;

/** Factory of the alerts and of their delivery to receivers. */
final class AlertFactory {
    final AlertRegistry alerts;
    final Silences silences;
    final AlertHistory history;
    private final Foundation base;
    private final AlertConfig config;

    AlertFactory(Foundation base, CommandPrefix typing) {
        this.base = base;
        config = AlertConfig.of(base.settings);
        silences = new Silences(base.state(), base.json, base.clock);
        history = new AlertHistory(base.state(), base.json);
        alerts = new AlertRegistry(base.state(), silences, base.json, base.clock, base.zone(), typing);
        base.reporter.leaveOut(alerts::isNoNews);
    }

    /** Names of the receivers, empty at first: the outbox is built before the routes that define the receivers. */
    static final class LateReceivers implements Supplier<List<String>> {
        private volatile @Nullable Receivers known;

        @Override
        public List<String> get() {
            Receivers now = known;
            return now == null ? List.of() : now.names();
        }
    }

    Outbox outbox(LateReceivers receivers) {
        return new Outbox(base.state(), base.json, base.clock, receivers, config.fallbacks());
    }

    Messages messages() {
        return new Messages(config.templates(), base.json, base.zone(), base.clock);
    }

    /** Makes the receivers of a pipeline known to an outbox. For commands: the daemon delivers the notifications. */
    Pipeline known(LateReceivers receivers, Pipeline pipeline) {
        return pipeline.prepare(context -> receivers.known = new Receivers(context));
    }

    /** Makes the receivers known and delivers to them. For the daemon. */
    Pipeline delivered(LateReceivers receivers, Outbox outbox, Delivery delivery, Pipeline pipeline) {
        return known(receivers, pipeline)
                .prepare(context -> delivery.begin(new OutboxDelivery(
                        context,
                        outbox,
                        alerts,
                        base.json,
                        base.redaction,
                        base.clock,
                        DeliveryScheduler.Rests.USUAL,
                        config.fallbacks())));
    }
}
