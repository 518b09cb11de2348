package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;

/** The page of the whole daemon on a real PostgreSQL, in a real browser. */
@NeedsPostgres
@NeedsBrowser
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class StatusPageIT {
    private static final String SCRIPT = "<script>document.title='owned'</script>";

    /** A word that is wider than any phone's screen and that cannot be broken. */
    private static final String LONG = "w".repeat(50);

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void pageShowsHostileNamesAndTheLastKnownState() throws Exception {
        try (TestHost host = TestHost.start();
                Wired daemon = new Wired(host)) {
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE DATABASE wiki",
                            "CREATE DATABASE \"" + SCRIPT + "\"",
                            "CREATE DATABASE " + LONG,
                            "INSERT INTO public.backup_log (service_name, backup_type, backup_path, backup_id, state,"
                                    + " success, started_at, finished_at, verified_at, event_id)"
                                    + " SELECT name, 'dump', 'x', name, 'verified', true, now() - interval '2 h',"
                                    + " now() - interval '2 h', now(), gen_random_uuid()"
                                    + " FROM unnest(ARRAY['" + SCRIPT.replace("'", "''") + "', '" + LONG
                                    + "']) AS name");
            daemon.wiring.alerts.consider(Condition.bad(
                    Severity.WARNING,
                    "memory-high",
                    SCRIPT,
                    "<img src=x onerror=\"document.title='owned'\">",
                    SCRIPT,
                    daemon.wiring.clock.instant()));

            String seen = Browser.dump(daemon.address(), 360);
            assertThat(seen)
                    .contains("<title>1 problem – pgsteward</title>")
                    .contains("2 of 5 databases can be restored, the oldest to 2 h ago")
                    .contains("&lt;script&gt;document.title='owned'&lt;/script&gt;")
                    .doesNotContain("<script")
                    .doesNotContain("<img");

            nobodyElseIsServed(daemon.address());

            host.cluster().kill();
            // The page may show a cached reading of a moment ago, so the test waits for a newer one.
            await().until(() -> ask("GET", daemon.address()).body().contains("PostgreSQL is unavailable"));
            assertThat(Browser.dump(daemon.address(), 1280))
                    .contains("databases and backups are shown as of")
                    .contains("2 of 5 databases can be restored, the oldest to 2 h ago");
        }
    }

    private void nobodyElseIsServed(String address) throws IOException, InterruptedException {
        HttpResponse<String> head = ask("HEAD", address);
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(ask("GET", address + "favicon.ico").statusCode()).isEqualTo(404);
        HttpResponse<String> post = ask("POST", address);
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).contains("GET, HEAD");
    }

    private HttpResponse<String> ask(String method, String address) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    /** The policy is the second protection, if the escaping misses a character. */
    @Test
    void policyStopsInjectedScripts() throws Exception {
        StatusPage.Page page = page();
        String slipped = page.html().replace("</body>", SCRIPT + "<p style=\"color:red\" onclick=\"x()\"></p></body>");
        assertThat(Browser.dump(served(Map.of("/", slipped), Optional.empty()), 390))
                .contains("<title>owned</title>");
        assertThat(Browser.dump(served(Map.of("/", slipped), Optional.of(page.policy())), 390))
                .contains("<title>1 problem – pgsteward</title>");
    }

    /** The page is shown in a frame, since no Chromium window is as narrow as a phone. */
    @Test
    void nothingIsWiderThanASmallPhone() throws Exception {
        String measured = page().html()
                .replace(
                        "</body>",
                        "<script>parent.document.title=innerWidth+' '+document.documentElement.scrollWidth</script>"
                                + "</body>");
        String phone =
                "<!DOCTYPE html><title>none</title><iframe width=\"360\" height=\"800\" style=\"border:0\" src=\"/page\">"
                        + "</iframe>";
        assertThat(Browser.dump(served(Map.of("/", phone, "/page", measured), Optional.empty()), 800))
                .contains("<title>360 360</title>");
    }

    private static StatusPage.Page page() {
        return StatusPageTest.statusPage(StatusPageTest.overview(
                        Optional.of(LONG),
                        List.of(StatusPageTest.service(LONG, 1), StatusPageTest.service("wiki", 300)),
                        List.of(StatusPageTest.alert(Severity.CRITICAL, "postgres-down", LONG, LONG, LONG))))
                .now();
    }

    /** Serves pages by path on a port of its own. The server ends with the test's process. */
    private static String served(Map<String, String> pages, Optional<String> policy) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                policy.ifPresent(text -> exchange.getResponseHeaders().set("Content-Security-Policy", text));
                byte[] bytes = pages.getOrDefault(exchange.getRequestURI().getPath(), "")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
        server.start();
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /** The daemon without a Docker Engine. */
    private static final class Wired implements AutoCloseable {
        private final Wiring wiring;
        private final Daemon daemon;

        Wired(TestHost host) throws Exception {
            wiring = host.wiring(Map.of("pgsteward.http.port", "0", "pgsteward.docker.host", "tcp://127.0.0.1:1"));
            wiring.house.order();
            daemon = wiring.daemon().start();
        }

        String address() {
            return "http://127.0.0.1:" + daemon.httpPort() + "/";
        }

        @Override
        public void close() {
            daemon.close();
        }
    }
}
