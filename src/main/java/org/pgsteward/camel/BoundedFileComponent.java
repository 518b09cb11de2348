package org.pgsteward.camel;

import java.io.File;
import java.util.Map;
import org.apache.camel.component.file.FileComponent;
import org.apache.camel.component.file.GenericFileEndpoint;

/** Camel's files, with a {@link FolderGuard} before each look into a folder, whichever route looks. */
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
