package org.pgsteward.camel;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.component.micrometer.MicrometerConstants;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.Watchdog;
import org.pgsteward.backup.copy.CopyPrograms;
import org.pgsteward.camel.copies.CopyComponent;
import org.pgsteward.camel.docker.StewardDockerComponent;
import org.pgsteward.camel.edit.RouteLoading;
import org.pgsteward.camel.edit.RouteReload;
import org.pgsteward.camel.edit.RouteSource;
import org.pgsteward.camel.lint.OldNames;
import org.pgsteward.camel.lint.Problem;
import org.pgsteward.camel.lint.RefusedComponents;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.camel.receivers.BoundedHttpComponent;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.camel.timers.QuietQuartz;
import org.pgsteward.camel.timers.SharedTimers;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running pipeline: Camel with pgsteward's beans, the Java routes, and the operators' YAML.
 *
 * <p>A command that needs only a part names the route files of that part, and runs the same routes as the daemon.
 */
public final class Pipeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

    /** Mode in which Camel never reads a setting from the environment; see {@code PropertiesComponent}. */
    private static final String NEVER = "0";

    /** Endpoints of pgsteward's routes in Java. */
    private static final Set<String> OURS =
            Set.of("direct:journal-write", "direct:journal-insert", StoreEndpoint.ROUTE, ContainerRoutes.CONNECTED);

    /** Endpoints that pgsteward's classes send to, so that a route must consume from them. */
    private static final Set<String> REQUIRED = Set.of("direct:alert-raise");

    private final Main main = new Main();
    private final Map<String, String> settings;
    private final RouteClient routeClient;
    private final Redaction redaction;
    private final Clock clock;
    private final Map<String, Object> beans = new HashMap<>();
    private final List<HealthCheck> checks = new ArrayList<>();
    private @Nullable RouteSource source;
    private RouteSource.@Nullable Chosen chosen;
    private Consumer<RouteFiles> inForce = files -> {};
    private @Nullable RouteReload reload;
    private @Nullable Watchdog watchdog;

    /** @param settings values of the routes' placeholders */
    public Pipeline(Map<String, String> settings, RouteClient routeClient, Redaction redaction, Clock clock) {
        this.settings = settings;
        this.routeClient = routeClient;
        this.redaction = redaction;
        this.clock = clock;
        // The caller closes the pipeline. Camel's own hook would wait for runs that are being cancelled at the same
        // time.
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        settings.forEach(main::addOverrideProperty);
        // Camel would prefer the environment to the processed settings, and would give secret values to routes.
        main.addInitialProperty("camel.component.properties.environmentVariableMode", NEVER);
        main.configure().addRoutesBuilder(new SafetyNet(redaction, clock));
        // Before the routes start: the first event may come before the last route runs.
        prepare(routeClient::open);
        prepare(RouteReload::prepare);
        prepare(BoundedHttpComponent::bind);
        prepare(SharedTimers::bind);
        prepare(QuietQuartz::bind);
        prepare(CopyComponent::bind);
        prepare(this::boundFolders);
        prepare(context -> RefusedComponents.refuse(context, settings));
    }

    /** Sets the part of this host that the programs of copies use. */
    public Pipeline copies(CopyPrograms programs) {
        return prepare(context -> CopyComponent.bind(context, programs));
    }

    /** Makes file routes skip folders with too many files. */
    private void boundFolders(CamelContext context) {
        FolderGuard guard = new FolderGuard(
                condition -> routeClient.ask("direct:alert-raise", condition).getException() == null, clock);
        context.getRegistry().bind("file", Component.class, () -> new BoundedFileComponent(guard));
    }

    /**
     * Leaves out the routes that start by themselves. A command does its own work only; a timer that is due meanwhile
     * is the daemon's.
     */
    public Pipeline onlyWhenAsked() {
        main.configure().withRouteFilterIncludePattern("direct:*");
        return this;
    }

    /**
     * Runs those route files of a folder that {@code choice} returns.
     *
     * @throws IllegalArgumentException if they are refused and no files were in force before, with file and line
     * @throws UncheckedIOException if the folder cannot be read
     */
    public Pipeline files(RouteSource source, UnaryOperator<RouteFiles> choice) {
        this.source = source;
        RouteSource.Chosen found = source.choose();
        chosen = new RouteSource.Chosen(choice.apply(found.files()), found.refused(), found.known());
        found.refused().forEach(problem -> LOG.warn("route file refused, the last accepted files run: {}", problem));
        main.configure().addRoutesBuilder(new RouteLoading(chosen.files()));
        return this;
    }

    /**
     * Runs the route files of a folder, and passes on the files in force: now, and after each edit.
     *
     * @param inForce takes them
     */
    public Pipeline files(RouteSource source, List<String> files, Consumer<RouteFiles> inForce) {
        files(source, all -> all.only(files));
        if (chosen != null) {
            inForce.accept(chosen.files());
        }
        this.inForce = inForce;
        return this;
    }

    /** Binds a bean under its name, and under its previous name if there is one. */
    public Pipeline bean(String name, Object bean) {
        main.bind(name, bean);
        beans.put(name, bean);
        OldNames.BEANS.forEach((old, current) -> {
            if (current.equals(name)) {
                main.bind(old, bean);
                beans.put(old, bean);
            }
        });
        return this;
    }

    /** Returns a check whether route files would run with the beans of this pipeline, which need not be started. */
    public RouteCheck check() {
        return new RouteCheck(settings, this::beansForCheck, OURS, REQUIRED, redaction);
    }

    /**
     * Returns the beans, with another Docker component: a component belongs to one context, and the check has its own.
     */
    private Map<String, Object> beansForCheck() {
        Map<String, Object> given = new HashMap<>(beans);
        given.replaceAll((name, bean) -> bean instanceof StewardDockerComponent docker ? docker.another() : bean);
        return given;
    }

    /**
     * Puts edits of the route files into force from now on.
     *
     * @param swapped runs after each change
     */
    public RouteReload reload(Runnable swapped) {
        if (source == null || chosen == null) {
            throw new IllegalStateException("there are no route files to read");
        }
        RouteReload begun = new RouteReload(
                context(),
                source,
                chosen,
                check(),
                condition -> routeClient.ask("direct:alert-raise", condition),
                swapped,
                inForce,
                redaction,
                clock);
        reload = begun.start();
        return begun;
    }

    public Pipeline routes(RoutesBuilder routes) {
        main.configure().addRoutesBuilder(routes);
        return this;
    }

    /** Prepares the context before any route is built in it, such as by binding objects that routes look up. */
    public Pipeline prepare(Consumer<CamelContext> preparation) {
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeConfigure(BaseMainSupport configured) {
                preparation.accept(configured.getCamelContext());
            }
        });
        return this;
    }

    /** Runs the watchdog over backup runs for as long as the routes run. */
    public Pipeline watchdog(Watchdog over) {
        watchdog = over;
        return this;
    }

    /** Adds metrics of each route, and the routes' own counters, to the registry. */
    public Pipeline metrics(MeterRegistry registry) {
        main.bind(MicrometerConstants.METRICS_REGISTRY_NAME, registry);
        return prepare(context -> RouteMetrics.add(context, registry));
    }

    /** Adds a health check. */
    public Pipeline health(HealthCheck check) {
        checks.add(check);
        return this;
    }

    /**
     * Starts the routes and opens the route client.
     *
     * @throws IllegalArgumentException if a route file is wrong, with file and line
     * @throws IllegalStateException if a setting is wrong, with Camel's message
     */
    public Pipeline start() {
        try {
            main.start();
            HealthCheckRegistry registry = HealthCheckRegistry.get(context());
            checks.forEach(registry::register);
            if (watchdog != null) {
                watchdog.start();
            }
            return this;
        } catch (RuntimeException e) {
            main.stop();
            throw refused(e);
        }
    }

    /** Requires a route for every endpoint that has a sender. Applies only to a pipeline with all route files. */
    public Pipeline requireEndpoints() {
        if (source != null && chosen != null && !chosen.known()) {
            List<Problem> problems = check().endpoints(chosen.files(), context());
            if (!problems.isEmpty()) {
                main.stop();
                throw source.refusal(problems);
            }
        }
        return this;
    }

    /**
     * Returns the faults that the check finds, or Camel's message if it finds none. Camel's messages are long, and
     * mostly lack a line.
     */
    private RuntimeException refused(RuntimeException thrown) {
        if (source != null && chosen != null) {
            try {
                List<Problem> problems = source.check().problems(RouteFiles.read(source.folder()));
                if (!problems.isEmpty()) {
                    return source.refusal(problems);
                }
            } catch (IOException | RuntimeException noBetterWords) {
                LOG.debug("cannot check the route files", noBetterWords);
            }
        }
        return new IllegalStateException("cannot start the routes: " + FirstCause.of(thrown), thrown);
    }

    public CamelContext context() {
        return main.getCamelContext();
    }

    @Override
    public void close() {
        RouteReload begun = reload;
        if (begun != null) {
            begun.close();
        }
        if (watchdog != null) {
            watchdog.settle();
        }
        main.stop();
        if (watchdog != null) {
            // Closed last: until then it can end a stuck run, which would keep a command from ending.
            watchdog.close();
        }
        if (begun != null) {
            begun.takeDown();
        }
    }
}
