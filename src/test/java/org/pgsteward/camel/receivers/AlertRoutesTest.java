package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Silences;
import org.pgsteward.camel.lint.OldRouteFiles;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.io.Json;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

@Tag("fast")
class AlertRoutesTest {
    @TempDir
    private Path state;

    @TempDir
    private Path mailbox;

    private final List<String> got = new CopyOnWriteArrayList<>();

    @Test
    void laysEachNoticeIntoTheMailboxWholeAndUnderItsOwnName() throws Exception {
        try (Desk desk = new Desk(state, mailboxSettings()).load(Desk.ALERTS).start()) {
            desk.raise(Desk.bad("vikunja"));
            desk.raise(Desk.well("vikunja"));
            await().until(() -> desk.outbox.depth("mailbox") == 0);
        }
        List<Path> files = files();
        assertThat(files).hasSize(2);
        Notification notice = Json.mapper().readValue(Files.readString(files.get(0)), Notification.class);
        assertThat(notice.title()).isEqualTo("[warning] vikunja memory high: 82% of 256 MiB in use: Größe 🐘");
        assertThat(files.get(0).getFileName()).hasToString(notice.id() + ".json");
        assertThat(Files.readString(files.get(1))).contains("\"state\":\"resolved\"");
    }

    @Test
    void receiversWithoutSettingsAreNotLoaded() throws Exception {
        try (Desk desk = new Desk(state, Map.of()).load(Desk.ALERTS).start()) {
            assertThat(new Receivers(desk.context).names()).isEmpty();
            assertThat(desk.context.getComponentNames()).doesNotContain("smtp", "http", "https", "file");
            assertThat(threads()).isEmpty();
        }
    }

    @Test
    void addedReceiverRouteIsAReceiver() throws Exception {
        try (Desk desk = new Desk(state, Map.of())
                .with(receiver("phone"))
                .load(Desk.ALERTS)
                .start()) {
            desk.raise(Desk.bad("vikunja"));
            await().until(() -> got.equals(List.of("vikunja")));

            desk.with(receiver("tablet"));
            desk.raise(Desk.bad("gitea"));
            await().until(() -> got.size() == 3);
            assertThat(threads()).containsExactly("deliver-phone", "deliver-tablet");

            desk.context.getRouteController().stopRoute("receiver-phone");
            desk.context.removeRoute("receiver-phone");
            assertThat(threads()).containsExactly("deliver-tablet");
        }
        await().until(() -> threads().isEmpty());
    }

    @Test
    void aReceiverThatIsGoneIsNamedOnceAndItsNoticesAreKept() throws Exception {
        new org.pgsteward.alert.Outbox(state, Json.mapper(), Clock.systemUTC(), List::of)
                .put(notice(), List.of("pigeon"));
        try (CapturedLog log = new CapturedLog();
                Desk desk = new Desk(state, Map.of()).load(Desk.ALERTS).start()) {
            assertThat(log.text()).containsOnlyOnce("receiver pigeon was removed, notifications waiting: 1");
            assertThat(desk.outbox.depth("pigeon")).isEqualTo(1);

            desk.with(receiver("pigeon"));
            await().until(() -> desk.outbox.depth("pigeon") == 0);
        }
    }

    @Test
    void aNetThatSwallowsExceptionsDoesNotTurnThemIntoDeliveries() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        try (Desk desk = new Desk(state, Map.of())
                .with(new RouteConfigurationBuilder() {
                    @Override
                    public void configuration() {
                        routeConfiguration().onException(Exception.class).handled(true);
                    }
                })
                .with(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:receiver-phone").routeId("receiver-phone").process(exchange -> {
                            if (tries.incrementAndGet() < 3) {
                                throw new IOException("engaged");
                            }
                        });
                    }
                })
                .load(Desk.ALERTS)
                .start()) {
            desk.raise(Desk.bad("vikunja"));
            await().until(() -> desk.outbox.depth("phone") == 0);
        }
        assertThat(tries).hasValue(3);
    }

    @Test
    void aRouteThatCatchesAndDoesSomethingElseInsteadHasDelivered() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        try (Desk desk = new Desk(state, Map.of())
                .with(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:receiver-phone")
                                .routeId("receiver-phone")
                                .doTry()
                                .process(exchange -> {
                                    tries.incrementAndGet();
                                    throw new IOException("engaged");
                                })
                                .doCatch(IOException.class)
                                .process(exchange -> got.add("called the neighbour"))
                                .end();
                    }
                })
                .load(Desk.ALERTS)
                .start()) {
            desk.raise(Desk.bad("vikunja"));
            await().until(() -> desk.outbox.depth("phone") == 0);
        }
        assertThat(got).containsExactly("called the neighbour");
        assertThat(tries).hasValue(1);
    }

    @Test
    void noticeLostBeforeTheOutboxIsSentAtTheNextStart() throws Exception {
        new AlertRegistry(
                        state,
                        new Silences(state, Json.mapper(), Clock.systemUTC()),
                        Json.mapper(),
                        Clock.systemUTC(),
                        ZoneOffset.UTC,
                        CommandPrefix.PLAIN)
                .consider(Desk.bad("vikunja"));

        Map<String, String> soon = Map.of("pgsteward.alerts.tick", "50ms");
        try (Desk desk =
                new Desk(state, soon).with(receiver("phone")).load(Desk.ALERTS).start()) {
            await().until(() -> got.equals(List.of("vikunja")));
            assertThat(desk.alerts.heard()).hasSize(1);
        }
    }

    /** An operator edited the file of the previous version, and keeps it over the update. */
    @Test
    void fileWithThePreviousNamesStillSendsNotifications() throws Exception {
        String text =
                OldRouteFiles.of(RouteFiles.read(Path.of("routes")).texts()).getOrDefault("alerts.camel.yaml", "");
        assertThat(text).contains("TellingRule", "${ref:tellingRule}", "told(${body})");
        Path edited = Files.writeString(state.resolve("alerts.camel.yaml"), text);
        Map<String, String> soon = Map.of("pgsteward.alerts.look", "50ms");
        try (Desk desk = new Desk(state, soon)
                .with(receiver("phone"))
                .load(edited.toString())
                .start()) {
            desk.alerts.consider(Desk.bad("vikunja"));
            await().until(() -> got.equals(List.of("vikunja")));
            await().untilAsserted(() -> assertThat(desk.alerts.heard()).hasSize(1));
        }
    }

    @Test
    void theSourceThatARouteNamesIsKeptApart() throws Exception {
        try (Desk desk = new Desk(state, Map.of())
                .with(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:as-probe")
                                .setVariable("source", constant("probe"))
                                .to("direct:alert-raise");
                    }
                })
                .with(receiver("phone"))
                .load(Desk.ALERTS)
                .start()) {
            Condition down =
                    Condition.bad(Severity.CRITICAL, "postgres-down", "postgresql", "silent", "", Instant.now());
            Condition up = Condition.well("postgres-down", "postgresql", "answers", Instant.now());
            desk.raise(down);
            send(desk, down);
            desk.raise(up);
            assertThat(desk.alerts.firing()).hasSize(1);
            send(desk, up);
            desk.sendDue();
            assertThat(desk.alerts.firing()).isEmpty();
            await().until(() -> got.size() == 2);
        }
    }

    private static void send(Desk desk, Condition condition) throws IOException {
        try (org.apache.camel.ProducerTemplate template = desk.context.createProducerTemplate()) {
            template.sendBody("direct:as-probe", condition);
        }
    }

    private RouteBuilder receiver(String name) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:receiver-" + name)
                        .routeId("receiver-" + name)
                        .process(exchange -> got.add(exchange.getVariable("notice", Notification.class)
                                .service()));
            }
        };
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("deliver-"))
                .sorted()
                .toList();
    }

    private static Notification notice() {
        return new Notification("n1", "firing", "info", "k", "s", Instant.now(), "title", "text", "", Map.of());
    }

    private Map<String, String> mailboxSettings() {
        return Map.of("pgsteward.mailbox.enabled", "true", "pgsteward.mailbox.dir", mailbox.toString());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(mailbox)) {
            return files.sorted().toList();
        }
    }
}
