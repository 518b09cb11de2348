package org.pgsteward.camel.docker;

import com.github.dockerjava.api.model.Event;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;
import org.pgsteward.engine.EventFeed;

/**
 * Consumer that sends each event through its route, one after the other, on the feed's own thread. The body is
 * docker-java's {@code Event}, as camel-docker documents it. The consumer starts even if the engine is unavailable.
 */
final class EventsConsumer extends DefaultConsumer implements EventFeed.Listener {
    private final StewardDockerComponent component;
    private Optional<EventFeed> feed = Optional.empty();

    EventsConsumer(StewardDockerEndpoint endpoint, StewardDockerComponent component, Processor processor) {
        super(endpoint, processor);
        this.component = component;
    }

    @Override
    public void connected() {
        component.connected();
    }

    @Override
    public void heard(Event event) {
        Exchange exchange = createExchange(false);
        try {
            exchange.getIn().setBody(event);
            getProcessor().process(exchange);
        } catch (Exception e) {
            exchange.setException(e);
        }
        try {
            Optional.ofNullable(exchange.getException())
                    .ifPresent(failure ->
                            getExceptionHandler().handleException("cannot process a Docker event", exchange, failure));
        } finally {
            releaseExchange(exchange, false);
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        feed = Optional.of(component.open(this));
    }

    @Override
    protected void doStop() throws Exception {
        hangUp();
        super.doStop();
    }

    @Override
    protected void doSuspend() throws Exception {
        hangUp();
        super.doSuspend();
    }

    @Override
    protected void doResume() throws Exception {
        super.doResume();
        feed = Optional.of(component.open(this));
    }

    private void hangUp() {
        feed.ifPresent(component::close);
        feed = Optional.empty();
    }
}
