package org.pgsteward.camel;

import java.io.File;
import java.util.Map;
import org.apache.camel.component.file.FileComponent;
import org.apache.camel.component.file.GenericFileEndpoint;

/**
 * Camel's file component with a {@link FolderGuard} before each poll of a folder. The guard applies to every route
 * whose endpoint has no {@code pollStrategy} of its own.
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
}
