package org.pgsteward.app;

import java.io.IOException;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.StartupRecovery;
import org.pgsteward.backup.copy.Copies;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.edit.RouteReload;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.io.Threads;
import org.pgsteward.monitor.guard.GuardWatch;
import org.pgsteward.overview.DaemonReport;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.web.HttpServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The working daemon: the pipeline, the client of the Docker Engine, and the HTTP server. */
public final class Daemon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

    private final Pipeline pipeline;
    private final DockerEngine engine;
    private final StateLeftovers leftovers;
    private final StartupRecovery house;
    private final Copies copies;
    private final BooleanSupplier hears;
    private final Runnable routesChanged;
    private final DaemonReport report;
    private final GuardWatch locks;
    private final Opening opening;
    private @Nullable HttpServer http;
    private @Nullable RouteReload routes;

    /** Opening of the HTTP server, after the pipeline has started. */
    @FunctionalInterface
    interface Opening {
        HttpServer open() throws IOException;
    }

    Daemon(
            Pipeline pipeline,
            DockerEngine engine,
            StateLeftovers leftovers,
            StartupRecovery house,
            Copies copies,
            BooleanSupplier hears,
            Runnable routesChanged,
            DaemonReport report,
            GuardWatch locks,
            Opening opening) {
        this.pipeline = pipeline;
        this.engine = engine;
        this.leftovers = leftovers;
        this.house = house;
        this.copies = copies;
        this.hears = hears;
        this.routesChanged = routesChanged;
        this.report = report;
        this.locks = locks;
        this.opening = opening;
    }

    /**
     * Starts the routes, the HTTP server and the reports.
     *
     * @throws IllegalArgumentException if the route files are wrong, with file and line
     * @throws IOException if the port is taken
     */
    public Daemon start() throws IOException {
        pipeline.start().requireEndpoints();
        http = opening.open();
        // Before the first container needs it: creating the tables loads more classes than all other work.
        Threads.start("house-in-order", 256 * 1024, this::order);
        routes = pipeline.reload(routesChanged);
        report.start();
        locks.start();
        return this;
    }

    private void order() {
        leftovers.remove();
        try {
            house.order();
        } catch (SQLException e) {
            LOG.warn("{}; the daemon retries", NoConnection.words(e));
        }
    }

    /** Reports that PostgreSQL has ended a session of this daemon, as it does with all sessions when it crashes. */
    void sessionEnded() {
        locks.sessionEnded();
    }

    /** Returns whether the engine's events arrive. */
    public boolean hears() {
        return hears.getAsBoolean();
    }

    /** Returns the reload that puts edits of the route files into force. */
    RouteReload routes() {
        if (routes == null) {
            throw new IllegalStateException("the daemon has not started");
        }
        return routes;
    }

    /** Returns the port of the status page. */
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
        locks.close();
        copies.close();
        report.close();
        pipeline.close();
        engine.close();
    }
}
