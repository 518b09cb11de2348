package org.pgsteward.camel.copies;

import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;

/** Endpoint of one shipped kind of target. It only sends. */
final class CopyEndpoint extends DefaultEndpoint {
    private final CopyComponent.Kind kind;

    CopyEndpoint(String uri, CopyComponent component, CopyComponent.Kind kind) {
        super(uri, component);
        this.kind = kind;
    }

    @Override
    public Producer createProducer() {
        return new CopyProducer(this, kind);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UnsupportedOperationException("copy: endpoints only take messages; use them in a 'to' step");
    }

    @Override
    public boolean isSingleton() {
        return true;
    }
}
