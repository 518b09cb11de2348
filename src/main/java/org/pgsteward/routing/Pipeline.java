package org.pgsteward.routing;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.pgsteward.routing.alert.Redaction;

/**
 * The running pipeline: Camel with our beans, the Java routes, and the operators' YAML.
 *
 * <p>A command that needs only some of it names the files that it needs, and runs the very same routes as the daemon.
 */
public final class Pipeline implements AutoCloseable {
    /** The environment is asked for what nothing else says; see {@code PropertiesComponent}. */
    private static final String FALLBACK = "1";

    private final Main main = new Main();
    private final Doors doors;
    private final List<HealthCheck> checks = new ArrayList<>();

    /**
     * @param settings for the routes' placeholders
     * @param files route files below {@code routes}, as patterns such as {@code backup.camel.yaml} or {@code receivers/*}
     */
    public Pipeline(
            Map<String, String> settings,
            Path routes,
            List<String> files,
            Doors doors,
            Redaction redaction,
            Clock clock) {
        this.doors = doors;
        // Whoever started us stops us; Camel's own hook would wait for work that is being ended beside it.
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        settings.forEach(main::addOverrideProperty);
        // Camel would prefer the environment to what our settings have made of it.
        main.addInitialProperty("camel.component.properties.environmentVariableMode", FALLBACK);
        main.configure()
                .withRoutesIncludePattern(String.join(
                        ",",
                        files.stream()
                                .map(file -> "file:" + routes + "/" + file)
                                .toList()));
        main.configure().addRoutesBuilder(new SafetyNet(redaction, clock));
        main.bind("backupPair", BackupPair.threads());
        main.bind("backupOutcomes", new BackupOutcomes(clock));
    }

    /**
     * Leaves out the routes that begin by themselves: a command does what it was asked for, and a timer that came due
     * meanwhile is the daemon's.
     */
    public Pipeline onlyWhenAsked() {
        main.configure().withRouteFilterIncludePattern("direct:*");
        return this;
    }

    /** Leaves out every route: what is wanted are the beans that the files make. */
    Pipeline onlyBeans() {
        main.configure().withRouteFilterIncludePattern("none:*");
        return this;
    }

    public Pipeline bean(String name, Object bean) {
        main.bind(name, bean);
        return this;
    }

    public Pipeline routes(RoutesBuilder routes) {
        main.configure().addRoutesBuilder(routes);
        return this;
    }

    /** Told of the context before a route is built in it: for what the routes find there. */
    public Pipeline prepare(Consumer<CamelContext> preparation) {
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeConfigure(BaseMainSupport configured) {
                preparation.accept(configured.getCamelContext());
            }
        });
        return this;
    }

    /** Something to be asked about health. */
    public Pipeline health(HealthCheck check) {
        checks.add(check);
        return this;
    }

    /**
     * Starts the routes and opens the doors.
     *
     * @throws IllegalStateException when a route file or a setting is wrong, with Camel's own words
     */
    public Pipeline start() {
        try {
            main.start();
            doors.open(context());
            HealthCheckRegistry registry = HealthCheckRegistry.get(context());
            checks.forEach(registry::register);
            return this;
        } catch (RuntimeException e) {
            main.stop();
            throw new IllegalStateException("the routes do not start: " + BackupDesk.reason(e), e);
        }
    }

    CamelContext context() {
        return main.getCamelContext();
    }

    @Override
    public void close() {
        main.stop();
    }
}
