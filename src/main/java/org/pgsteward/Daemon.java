package org.pgsteward;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.routing.HttpDoor;
import org.pgsteward.routing.Pipeline;

/** The whole of pgsteward at work: the pipeline, its engine, and the door for HTTP. */
public final class Daemon implements AutoCloseable {
    private final Pipeline pipeline;
    private final DockerEngine engine;
    private final Opening opening;
    private @Nullable HttpDoor http;

    /** How the door for HTTP is opened, once there is something to show. */
    @FunctionalInterface
    interface Opening {
        HttpDoor open() throws IOException;
    }

    Daemon(Pipeline pipeline, DockerEngine engine, Opening opening) {
        this.pipeline = pipeline;
        this.engine = engine;
        this.opening = opening;
    }

    /** @throws IOException when the port is taken */
    public Daemon start() throws IOException {
        pipeline.start();
        http = opening.open();
        return this;
    }

    /** The port that the status page is on. */
    public int httpPort() {
        if (http == null) {
            throw new IllegalStateException("the daemon has not started");
        }
        return http.port();
    }

    @Override
    public void close() {
        if (http != null) {
            http.close();
        }
        pipeline.close();
        engine.close();
    }
}
