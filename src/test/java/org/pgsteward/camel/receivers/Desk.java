package org.pgsteward.camel.receivers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Backoff;
import org.pgsteward.alert.DeliveryScheduler;
import org.pgsteward.alert.Fallbacks;
import org.pgsteward.alert.NotificationPolicy;
import org.pgsteward.alert.Outbox;
import org.pgsteward.alert.Silences;
import org.pgsteward.alert.message.Messages;
import org.pgsteward.io.Json;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/** A context with the shipped alert routes, wired as the daemon wires them, on a real clock and with short waits. */
final class Desk implements AutoCloseable {
    /** All shipped files. */
    static final String[] ALERTS = files("routes/receivers");

    /** Returns the shipped alert routes and the receivers in {@code folder}. */
    static String[] files(String folder) {
        File[] receivers = new File(folder).listFiles((parent, name) -> name.endsWith(".camel.yaml"));
        return Stream.concat(
                        Stream.of("routes/alerts.camel.yaml"),
                        Stream.of(Objects.requireNonNull(receivers))
                                .map(File::toString)
                                .sorted())
                .toArray(String[]::new);
    }

    final CamelContext context = new DefaultCamelContext();
    final Outbox outbox;
    final AlertRegistry alerts;

    Desk(Path state, Map<String, String> settings) {
        this(state, settings, Fallbacks.NONE);
    }

    Desk(Path state, Map<String, String> settings, Fallbacks fallbacks) {
        Properties properties = new Properties();
        // Tests send due notices themselves after they raised their alerts. A timer beside them could send one alert
        // while the test sends the other. Tests whose routes raise alerts set the interval.
        properties.put("pgsteward.alerts.tick", "1h");
        properties.put("pgsteward.alerts.wait", "0s");
        properties.putAll(settings);
        context.getPropertiesComponent().setInitialProperties(properties);
        BoundedHttpComponent.bind(context);
        Clock clock = Clock.systemUTC();
        Receivers receivers = new Receivers(context);
        outbox = new Outbox(state, Json.mapper(), clock, receivers::names, fallbacks);
        alerts = new AlertRegistry(
                state,
                new Silences(state, Json.mapper(), clock),
                Json.mapper(),
                clock,
                ZoneOffset.UTC,
                CommandPrefix.PLAIN);
        Redaction redaction = new Redaction(settings.entrySet().stream()
                .filter(setting -> setting.getKey().matches(".*\\.(password|url|token|secret|topic)"))
                .map(Map.Entry::getValue)
                .toList());
        DeliveryScheduler.Rests rests = new DeliveryScheduler.Rests(
                new Backoff(Duration.ofMillis(200), Duration.ofSeconds(1)),
                new Backoff(Duration.ofMillis(500), Duration.ofSeconds(2)));
        OutboxDelivery delivery =
                new OutboxDelivery(context, outbox, alerts, Json.mapper(), redaction, clock, rests, fallbacks);
        context.getManagementStrategy().addEventNotifier(delivery);
        context.getRegistry().bind("delivery", delivery);
        context.getRegistry().bind("alerts", alerts);
        context.getRegistry().bind("outbox", outbox);
        Path templates = state.resolve("templates");
        context.getRegistry().bind("messages", new Messages(templates, Json.mapper(), ZoneOffset.UTC, clock));
    }

    Desk with(RouteBuilder routes) throws Exception {
        context.addRoutes(routes);
        return this;
    }

    Desk load(String... files) throws Exception {
        for (String file : files) {
            PluginHelper.getRoutesLoader(context)
                    .loadRoutes(PluginHelper.getResourceLoader(context).resolveResource("file:" + file));
        }
        return this;
    }

    Desk start() {
        context.start();
        return this;
    }

    void raise(Condition condition) {
        try (ProducerTemplate template = context.createProducerTemplate()) {
            template.sendBody("direct:alert-raise", condition);
            sendDue(template);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** Sends the due notices. */
    void sendDue() {
        try (ProducerTemplate template = context.createProducerTemplate()) {
            sendDue(template);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private void sendDue(ProducerTemplate template) {
        NotificationPolicy rule =
                context.getRegistry().lookupByNameAndType("notificationPolicy", NotificationPolicy.class);
        alerts.due(rule).forEach(notice -> template.sendBody("direct:alert-tell", notice));
    }

    /** Raises an alert for each of the services {@code s1}, {@code s2} and so on. */
    void raiseMany(int count) {
        for (int i = 1; i <= count; i++) {
            raise(bad("s" + i));
        }
    }

    static Condition bad(String service) {
        return Condition.bad(
                        Severity.WARNING,
                        "memory-high",
                        service,
                        "82% of 256 MiB in use: Größe 🐘",
                        "docker stats --no-stream " + service,
                        Instant.now())
                .with(Map.of("percent", 82.0));
    }

    static Condition well(String service) {
        return Condition.well("memory-high", service, "20% of 256 MiB in use", Instant.now());
    }

    @Override
    public void close() {
        context.stop();
    }
}
