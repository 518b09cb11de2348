package org.pgsteward.camel;

import java.io.File;
import java.util.Map;
import org.apache.camel.Component;
import org.apache.camel.Processor;
import org.apache.camel.component.file.FileComponent;
import org.apache.camel.component.file.FileConsumer;
import org.apache.camel.component.file.FileEndpoint;
import org.apache.camel.component.file.GenericFileEndpoint;
import org.pgsteward.camel.timers.PollTimer;

/**
 * Camel's file component with a {@link FolderGuard} before each poll of a folder, and with a {@link PollTimer}. They apply
 * to every route whose endpoint has no {@code pollStrategy}, or no scheduler or properties of one, of its own.
 */
final class BoundedFileComponent extends FileComponent {
    private final FolderGuard guard;

    BoundedFileComponent(FolderGuard guard) {
        this.guard = guard;
    }

    @Override
    protected GenericFileEndpoint<File> createEndpoint(String uri, String remaining, Map<String, Object> parameters)
            throws Exception {
        boolean own = parameters.containsKey("pollStrategy");
        GenericFileEndpoint<File> endpoint = super.createEndpoint(uri, remaining, parameters);
        if (!own) {
            endpoint.setPollStrategy(guard);
        }
        return endpoint;
    }

    @Override
    protected GenericFileEndpoint<File> buildFileEndpoint(String uri, String remaining, Map<String, Object> parameters)
            throws Exception {
        GenericFileEndpoint<File> usual = super.buildFileEndpoint(uri, remaining, parameters);
        FileEndpoint endpoint = new TimedFileEndpoint(uri, this);
        endpoint.setFile(((FileEndpoint) usual).getFile());
        endpoint.setConfiguration(usual.getConfiguration());
        return endpoint;
    }

    private static final class TimedFileEndpoint extends FileEndpoint {
        /** The default of the option {@code scheduler}. */
        private static final String NO_SCHEDULER = "none";

        TimedFileEndpoint(String uri, Component component) {
            super(uri, component);
        }

        @Override
        public FileConsumer createConsumer(Processor processor) throws Exception {
            FileConsumer consumer = super.createConsumer(processor);
            boolean usual =
                    getSchedulerProperties() == null || getSchedulerProperties().isEmpty();
            if (NO_SCHEDULER.equals(getScheduler()) && getScheduledExecutorService() == null && usual) {
                consumer.setScheduler(new PollTimer());
            }
            return consumer;
        }
    }
}
