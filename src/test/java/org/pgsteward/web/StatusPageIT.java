package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.overview.SampleHost;
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
                                    + " success, started_at, finished_at, verified_at, event_id, size_bytes)"
                                    + " SELECT name, 'dump', 'x', name, 'verified', true, now() - interval '2 h',"
                                    + " now() - interval '2 h', now(), gen_random_uuid(), 4096"
                                    + " FROM unnest(ARRAY['" + SCRIPT.replace("'", "''") + "', '" + LONG
                                    + "']) AS name");
            daemon.wiring.alerts.consider(Condition.bad(
                    Severity.WARNING,
                    "memory-high",
                    SCRIPT,
                    "<img src=x onerror=\"document.title='owned'\">",
                    SCRIPT,
                    daemon.wiring.clock.instant()));

            daemon.wiring.alerts.consider(Condition.bad(
                    Severity.CRITICAL, "service-down", "wiki", SCRIPT, "", daemon.wiring.clock.instant()));
            daemon.wiring.alerts.consider(
                    Condition.well("service-down", "wiki", "it runs", daemon.wiring.clock.instant()));

            String seen = Browser.dump(daemon.address(), 360);
            assertThat(seen)
                    .contains("<dt>Next backup</dt>")
                    .containsPattern("lasted\">0 s</span>.*<strong>wiki</strong> service down: &lt;script")
                    .containsPattern("lasted\">fires</span>.*<strong>&lt;script")
                    .contains(
                            "<title>1 problem. Besides: homelab, postgres and wiki have no backup yet – pgsteward</title>")
                    .contains("2 of 5 databases can be restored, the oldest to 2 h ago")
                    .contains("&lt;script&gt;document.title='owned'&lt;/script&gt;")
                    .doesNotContain("<script")
                    .doesNotContain("<img");

            nobodyElseIsServed(daemon.address());
            servicePageShowsItsHistory(daemon.address());

            host.cluster().kill();
            // The page may show a cached reading of a moment ago, so the test waits for a newer one.
            await().until(() -> ask("GET", daemon.address()).body().contains("PostgreSQL is unavailable"));
            assertThat(Browser.dump(daemon.address(), 1280))
                    .contains("databases and backups are shown as of")
                    .contains("2 of 5 databases can be restored, the oldest to 2 h ago")
                    .contains(
                            "<dt>Next backup</dt>",
                            "<dt>Backups in the store</dt>",
                            "<strong>wiki</strong> service down");
            assertThat(Browser.dump(daemon.address() + "services/" + LONG, 1280))
                    .contains("databases and backups are shown as of")
                    .contains("The history is not available now: ")
                    .contains("<dt>Can be restored to</dt>")
                    .doesNotContain("<table");
        }
    }

    private void servicePageShowsItsHistory(String address) throws Exception {
        String link = ask("GET", address).body().replaceFirst("(?s).*href=\"(services/%3Cscript[^\"]*)\".*", "$1");
        String seen = Browser.dump(address + link, 360);
        assertThat(seen)
                .contains("&lt;script&gt;document.title='owned'&lt;/script&gt;: warning – pgsteward</title>")
                .contains("<time datetime=")
                .contains(">verified</td>")
                .doesNotContain("<script")
                .doesNotContain("<img");
        assertThat(ask("GET", address + "services/wiki").body()).contains("There is no backup yet.");
        HttpResponse<String> unknown = ask("GET", address + "services/wikki");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body())
                .isEqualTo("there is no service or database 'wikki'; the page at / lists all of them\n");
        HttpResponse<String> post = ask("POST", address + "services/wiki");
        assertThat(post.statusCode()).isEqualTo(405);
        HttpResponse<String> head = ask("HEAD", address + "services/wiki");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'; style-src 'sha256-");
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
        assertThat(Browser.dump(PageServer.serve(Map.of("/", slipped), Optional.empty()), 390))
                .contains("<title>owned</title>");
        assertThat(Browser.dump(PageServer.serve(Map.of("/", slipped), Optional.of(page.policy())), 390))
                .contains("<title>1 problem – pgsteward</title>");
    }

    /** The pages are shown in frames, since no Chromium window is as narrow as a phone. */
    @ParameterizedTest
    @ValueSource(ints = {360, 768, 1200})
    void nothingIsWiderThanTheScreen(int width) throws Exception {
        Map<String, String> pages = new HashMap<>();
        StringBuilder frames = new StringBuilder("<!DOCTYPE html><title>widths:</title>");
        for (String html : List.of(page().html(), samplePage(), servicePage())) {
            String path = "/page" + pages.size();
            pages.put(
                    path,
                    html.replace(
                            "</body>",
                            "<script>parent.document.title+=' '+innerWidth+'/'+document.documentElement.scrollWidth"
                                    + "</script></body>"));
            frames.append(
                    "<iframe width=\"" + width + "\" height=\"800\" style=\"border:0\" src=\"" + path + "\"></iframe>");
        }
        pages.put("/", frames.toString());
        String fits = " " + width + "/" + width;
        assertThat(Browser.dump(PageServer.serve(pages, Optional.empty()), width + 100))
                .contains("<title>widths:" + fits + fits + fits + "</title>");
    }

    /** Text and figures have at least the contrast that WCAG 2.2 demands of text, and the bars that of graphics. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyTextIsReadableInLightAndDark(boolean dark) throws Exception {
        String script = """
                <script>
                const parse = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
                const light = colour => parse(colour)
                    .map(v => v / 255)
                    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
                const paper = light(getComputedStyle(document.body).backgroundColor);
                const contrast = colour => {
                  const [low, high] = [light(colour), paper].sort((a, b) => a - b);
                  return (high + 0.05) / (low + 0.05);
                };
                let lowest = 99, bars = 99;
                for (const one of document.querySelectorAll('main *, header *, footer')) {
                  const style = getComputedStyle(one);
                  if (one.matches('rect.size')) { bars = Math.min(bars, contrast(style.fill)); }
                  if (!one.closest('svg') && one.textContent.trim()) { lowest = Math.min(lowest, contrast(style.color)); }
                }
                document.title = (paper > 0.5 ? 'light' : 'dark') + (lowest >= 4.5 ? ' text' : ' pale ' + lowest)
                    + (bars >= 1.5 ? ' bars' : ' pale bars ' + bars);
                </script></body>""";
        String html = servicePage().replace("</body>", script);
        assertThat(Browser.dump(PageServer.serve(Map.of("/", html), Optional.empty()), 390, dark))
                .contains("<title>" + (dark ? "dark" : "light") + " text bars</title>");
    }

    private static String samplePage() {
        return new StatusPage(SampleHost::overview, ZoneOffset.UTC).now().html();
    }

    private static String servicePage() {
        return new ServicePage(SampleHost::overview, service -> SampleHost.history(), ZoneOffset.UTC)
                .of("nextcloud")
                .orElseThrow()
                .html();
    }

    private static StatusPage.Page page() {
        return StatusPageTest.statusPage(StatusPageTest.overview(
                        Optional.of(LONG),
                        List.of(StatusPageTest.service(LONG, 1), StatusPageTest.service("wiki", 300)),
                        List.of(StatusPageTest.alert(Severity.CRITICAL, "postgres-down", LONG, LONG, LONG))))
                .now();
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
