package org.pgsteward.camel.docker;

import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.component.docker.DockerConfiguration;
import org.apache.camel.component.docker.DockerEndpoint;
import org.apache.camel.component.docker.DockerOperation;

/** The camel-docker endpoint with another consumer of events. */
final class StewardDockerEndpoint extends DockerEndpoint {
    private final StewardDockerComponent component;

    StewardDockerEndpoint(String uri, StewardDockerComponent component, DockerConfiguration configuration) {
        super(uri, component, configuration);
        this.component = component;
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        if (getConfiguration().getOperation() != DockerOperation.EVENTS) {
            return super.createConsumer(processor);
        }
        Consumer consumer = new EventsConsumer(this, component, processor);
        configureConsumer(consumer);
        return consumer;
    }
}
