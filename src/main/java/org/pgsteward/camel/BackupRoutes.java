package org.pgsteward.camel;

import org.apache.camel.builder.RouteBuilder;

/** Route that writes the file of a backup. It is in Java, since no edit may break it: see {@link StoreEndpoint}. */
public final class BackupRoutes extends RouteBuilder {
    @Override
    public void configure() {
        from(StoreEndpoint.ROUTE)
                .routeId("backup-write")
                .description("Writes the stream of a backup into the store, under a name that ends in .part.")
                .errorHandler(noErrorHandler())
                .to("file:{{pgsteward.backup.dir}}?fileExist=Fail&chmod=600");
    }
}
