package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Looks.NOON;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.postgres.ServerLog;

/** The memory of the probe between readings, with an engine whose answers the test chooses. */
@Tag("fast")
class LogProbeTest {
    private static final String OURS = "172.18.0.9";
    private static final String WEB = "172.18.0.5";

    private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final DockerEngine engine =
            DockerEngine.at("tcp://127.0.0.1:" + server.getAddress().getPort());
    private final Looks.Quiet postgres = new Looks.Quiet();
    private final LogProbe probe = new LogProbe(engine, Clock.fixed(NOON, ZoneOffset.UTC));
    private final List<String> asked = new ArrayList<>();
    private final StringBuilder log = new StringBuilder();
    private int status = 200;
    private String webName = "web";

    LogProbeTest() throws IOException {
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void close() {
        engine.close();
        server.stop(0);
    }

    @Test
    void theFirstLookGoesAnHourBackAndEachNextOneOnFromTheLastLine() {
        refused(90, "1", WEB);
        assertThat(vikunja().count()).isEqualTo(1);
        log.setLength(0);
        refused(30, "2", WEB);
        assertThat(vikunja().count()).isEqualTo(2);

        assertThat(asked.get(0)).endsWith("since=" + NOON.minusSeconds(3600).getEpochSecond() + ".000000000");
        assertThat(asked)
                .anyMatch(path -> path.endsWith("since=" + NOON.minusSeconds(90).getEpochSecond() + ".000000001"));
    }

    @Test
    void aContainerIsNamedByTheAddressThatItHasNow() {
        refused(30, "1", WEB);

        assertThat(vikunja().words())
                .isEqualTo("1 x wrong password: role vikunja, database vikunja, from web (172.18.0.5)");
    }

    @Test
    void theAttemptsOfAContainerThatWasRemovedAreOver() {
        refused(30, "1", WEB);
        assertThat(vikunja().count()).isEqualTo(1);
        log.setLength(0);
        webName = "another";

        assertThat(vikunja().count()).isZero();
    }

    @Test
    void aContainerOfNoServiceIsAtFaultForItsOwnAttempts() {
        refused(30, "1", WEB);

        LogProbe.Result read =
                probe.read("postgresql", postgres.look(), () -> Optional.of(Map.of("shop-1", "shop", "web", "")));

        assertThat(read.look().orElseThrow().refusals())
                .filteredOn(refused -> refused.count() > 0)
                .extracting(LogObservation.Refusals::service, LogObservation.Refusals::stranger)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("web", true));
    }

    @Test
    void secondLineOfASessionAddsDetailAndIsNotCounted() {
        refused(30, "1", WEB);
        assertThat(vikunja().words()).startsWith("1 x wrong password");
        log.setLength(0);
        line(29, "1", WEB, "DETAIL:  Role \"vikunja\" does not exist.");

        assertThat(vikunja().words()).startsWith("1 x no such role").doesNotContain(";");
    }

    /** {@code doctor} tries the services' passwords from this container. */
    @Test
    void loginsFromOurOwnContainerAreNotCounted() {
        refused(30, "1", OURS);
        refused(30, "2", WEB);

        assertThat(vikunja().count()).isEqualTo(1);
        assertThat(vikunja().words()).contains("from web").doesNotContain(OURS);
    }

    @Test
    void anAddressOfOursThatIsNoContainersIsSharedWithOthersAndCounts() {
        postgres.ourAddress = "172.18.0.1";
        refused(30, "1", "172.18.0.1");

        assertThat(vikunja().count()).isEqualTo(1);
    }

    @Test
    void countStopsAtAThousandAndReportsTheOmission() {
        IntStream.range(0, 5000).forEach(n -> refused(30, Integer.toHexString(n), WEB));

        LogProbe.Result read = probe.read("postgresql", postgres.look());

        assertThat(read.why()).contains("a part was left out");
        assertThat(read.look().orElseThrow().refusals()).anyMatch(one -> one.count() == 1000);
    }

    @Test
    void reasonForAnUnreadLogIsReported() {
        status = 403;
        assertThat(why()).contains(" answered 403 to logs of postgresql: docker-proxy: refused");
        status = 404;
        assertThat(why()).isEqualTo("there is no container postgresql");
        status = 200;
        postgres.log = new ServerLog("%t ", true, Optional.empty());
        assertThat(why()).isEqualTo("log_line_prefix is '%t ', and pgsteward cannot parse such lines");
        postgres.log = new ServerLog(ServerLog.PREFIX, false, Optional.empty());
        assertThat(why()).startsWith("PostgreSQL writes its log to files");
    }

    private String why() {
        LogProbe.Result read = probe.read("postgresql", postgres.look());
        assertThat(read.look()).isEmpty();
        return read.why();
    }

    private LogObservation.Refusals vikunja() {
        return probe.read("postgresql", postgres.look()).look().orElseThrow().refusals().stream()
                .filter(refused -> refused.service().equals("vikunja"))
                .findFirst()
                .orElseThrow();
    }

    private void refused(int secondsAgo, String session, String client) {
        line(secondsAgo, session, client, "FATAL:  password authentication failed for user \"vikunja\"");
    }

    private void line(int secondsAgo, String session, String client, String message) {
        Instant at = NOON.minusSeconds(secondsAgo);
        String id = "6b063fe3." + session;
        log.append(at)
                .append(" 2026-11-25 01:54:43.202 UTC [77] session=")
                .append(id)
                .append(" state=28P01 client=")
                .append(client)
                .append(" phase=authentication user=vikunja database=vikunja session=")
                .append(id)
                .append(' ')
                .append(message)
                .append("\r\n");
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().toString();
            asked.add(path);
            String list = "[{\"Names\":[\"/" + webName
                    + "\"],\"NetworkSettings\":{\"Networks\":{\"db\":{\"IPAddress\":\"" + WEB
                    + "\"}}}},{\"Names\":[\"/pgsteward\"],\"NetworkSettings\":{\"Networks\":{\"db\":{\"IPAddress\":\""
                    + OURS + "\",\"GlobalIPv6Address\":\"\"}}}}]";
            String text = status == 403
                    ? "docker-proxy: refused, this door only reads\n"
                    : path.contains("/logs?") ? log.toString() : list;
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }
}
