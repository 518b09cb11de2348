package org.pgsteward.camel;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import org.apache.camel.Exchange;
import org.pgsteward.backup.store.PartWriter;

/** Writer of the store's files through the route {@code backup-write}. */
public final class StoreEndpoint implements PartWriter {
    static final String ROUTE = "direct:backup-write";

    private final RouteClient routeClient;

    public StoreEndpoint(RouteClient routeClient) {
        this.routeClient = routeClient;
    }

    @Override
    public void write(String path, InputStream content) throws IOException {
        Exception failed = routeClient
                .send(ROUTE, content, Map.of(Exchange.FILE_NAME, path))
                .getException();
        if (failed != null) {
            throw new IOException(failed.getMessage(), failed);
        }
    }
}
