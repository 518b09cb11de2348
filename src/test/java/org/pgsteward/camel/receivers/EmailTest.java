package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.Address;
import jakarta.mail.BodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

@Tag("fast")
class EmailTest {
    private static final String PASSWORD = "p&a+s%s)w}d 100%";

    @TempDir
    private Path state;

    private GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", "smtp"));

    @BeforeEach
    void startServer() {
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop();
    }

    @Test
    void sendsOneMailWhenItBeginsAndOneWhenItIsOver() throws Exception {
        try (Desk desk = new Desk(state, settings()).load(Desk.ALERTS).start()) {
            desk.raise(Desk.bad("vikunja"));
            desk.raise(Desk.bad("vikunja"));
            desk.raise(Desk.well("vikunja"));

            assertThat(server.waitForIncomingEmail(10_000, 2)).isTrue();
            await().until(() -> desk.outbox.depth("email") == 0);
        }
        MimeMessage[] mails = server.getReceivedMessages();
        assertThat(mails).hasSize(2);
        assertThat(mails[0].getSubject()).isEqualTo("[warning] vikunja memory high: 82% of 256 MiB in use: Größe 🐘");
        assertThat(mails[0].getHeader("Auto-Submitted")).containsExactly("auto-generated");
        assertThat(part(mails[0], 0, "text/plain"))
                .contains("vikunja: memory high (warning) since ", "Größe 🐘", "docker stats --no-stream vikunja");
        assertThat(mails[0].getAllRecipients()).extracting(Address::toString).containsExactly("ops@example.org");
        assertThat(mails[0].getFrom()).extracting(Address::toString).containsExactly("steward@example.org");
        assertThat(mails[0].getHeader("Content-Type")).hasSize(1);
        assertThat(mails[1].getSubject()).startsWith("[resolved] vikunja memory high after ");
    }

    @Test
    void htmlPartEqualsThePlainTextAndEscapesForeignText() throws Exception {
        String hostile = "<script>alert(1)</script> & \"x\" <img src=http://e/>";
        try (Desk desk = new Desk(state, settings()).load(Desk.ALERTS).start()) {
            desk.raise(Condition.bad(
                    Severity.WARNING, "memory-high", "vikunja", hostile, "echo 1 < 2 && true\nls", Instant.now()));
            assertThat(server.waitForIncomingEmail(10_000, 1)).isTrue();
        }
        MimeMessage mail = server.getReceivedMessages()[0];
        assertThat(mail.getContentType()).startsWith("multipart/alternative");
        assertThat(((MimeMultipart) mail.getContent()).getCount()).isEqualTo(2);
        String plain = part(mail, 0, "text/plain");
        String html = part(mail, 1, "text/html");
        assertThat(html).doesNotContain("<script", "<img", "<a ", "url(");

        Document page = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(html)));
        NodeList lines = page.getElementsByTagName("p");
        assertThat(lines.item(0).getTextContent())
                .isEqualTo("! [warning] vikunja memory high: <script>alert(1)</script> & \"x\" <img src=http://e/>");
        assertThat(lines.item(1).getTextContent()).contains("memory high (warning) since ", "\n" + hostile);
        assertThat(page.getElementsByTagName("pre").item(0).getTextContent()).isEqualTo("echo 1 < 2 && true\nls");
        assertThat(plain).contains(lines.item(1).getTextContent(), "Commands to paste:\n\necho 1 < 2 && true\nls");
    }

    @Test
    void logsInWithAPasswordOfAnyCharacters() throws Exception {
        server.setUser("ops@example.org", "ops", PASSWORD);
        server.getUserManager().setAuthRequired(true);
        Map<String, String> settings = settings();
        settings.put("pgsteward.mail.user", "ops");
        settings.put("pgsteward.mail.password", PASSWORD);
        settings.put("pgsteward.mail.starttls.required", "false");

        try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
            desk.raise(Desk.bad("vikunja"));
            assertThat(server.waitForIncomingEmail(10_000, 1)).isTrue();
        }
    }

    @Test
    void aRefusedLoginKeepsTheNoticeAndSaysNoPassword() throws Exception {
        server.setUser("ops@example.org", "ops", "another");
        server.getUserManager().setAuthRequired(true);
        Map<String, String> settings = settings();
        settings.put("pgsteward.mail.user", "ops");
        settings.put("pgsteward.mail.password", PASSWORD);
        settings.put("pgsteward.mail.starttls.required", "false");

        try (CapturedLog log = new CapturedLog();
                Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
            desk.raise(Desk.bad("vikunja"));
            await().until(() -> log.text().contains("receiver email refused"));

            assertThat(desk.outbox.depth("email")).isEqualTo(1);
            assertThat(log.text()).contains("next attempt in").doesNotContain(PASSWORD, "p&a");
        }
        assertThat(server.getReceivedMessages()).isEmpty();
    }

    /** An attacker on the network can remove STARTTLS from the server's answer. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "250-mail.example.org|250 AUTH PLAIN LOGIN",
                "250-mail.example.org|250-AUTH PLAIN LOGIN|250 XXXXTLS",
                "250-mail.example.org|250-AUTH PLAIN LOGIN|250 STARTTLS",
                "250 mail.example.org",
                "502 what?",
            })
    void theLoginIsSentToNoServerThatDoesNotEncrypt(String hello) throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                CapturedLog log = new CapturedLog()) {
            Thread stripped = new Thread(() -> serveInClear(server, hello, heard), "no STARTTLS");
            stripped.setDaemon(true);
            stripped.start();
            Map<String, String> settings = settings();
            settings.put("pgsteward.mail.port", Integer.toString(server.getLocalPort()));
            settings.put("pgsteward.mail.user", "ops");
            settings.put("pgsteward.mail.password", PASSWORD);
            settings.remove("pgsteward.mail.starttls.required");
            try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
                desk.raise(Desk.bad("vikunja"));
                await().until(() -> log.text().contains("next attempt"));
                assertThat(desk.outbox.depth("email")).isEqualTo(1);
            }
            assertThat(log.text())
                    .containsAnyOf("STARTTLS is required", "454 not now")
                    .doesNotContain(PASSWORD);
        }
        assertThat(heard).anyMatch(line -> line.startsWith("EHLO"));
        assertThat(heard).noneMatch(line -> line.startsWith("AUTH") || line.startsWith("MAIL"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"250-more\r\n", "x"})
    void aMailServerThatAnswersWithoutAnEndIsHungUpOn(String part) throws Exception {
        byte[] parts = part.repeat(1000).getBytes(StandardCharsets.US_ASCII);
        AtomicLong sent = new AtomicLong();
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                CapturedLog log = new CapturedLog()) {
            Thread endless = new Thread(
                    () -> {
                        while (!server.isClosed()) {
                            try (Socket client = server.accept()) {
                                client.getOutputStream().write("220 hello\r\n".getBytes(StandardCharsets.US_ASCII));
                                while (sent.get() < 100_000_000) {
                                    client.getOutputStream().write(parts);
                                    sent.addAndGet(parts.length);
                                }
                            } catch (IOException hungUp) {
                                sent.addAndGet(0);
                            }
                        }
                    },
                    "endless");
            endless.setDaemon(true);
            endless.start();
            Map<String, String> settings = settings();
            settings.put("pgsteward.mail.port", Integer.toString(server.getLocalPort()));
            try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
                desk.raise(Desk.bad("vikunja"));
                await().until(() -> log.text().contains("next attempt"));
                assertThat(desk.outbox.depth("email")).isEqualTo(1);
            }
            assertThat(log.text()).contains("the mail server sent more than");
        }
        assertThat(sent.get()).isLessThan(100_000_000);
    }

    /** The sockets that limit the bytes read are below TLS, and must not disable its verification. */
    @Test
    void tlsFromTheFirstByteIsSpokenAndItsCertificateVerified() throws Exception {
        GreenMail tls = new GreenMail(new ServerSetup(0, "127.0.0.1", "smtps"));
        tls.start();
        try (CapturedLog log = new CapturedLog()) {
            Map<String, String> settings = settings();
            settings.put("pgsteward.mail.port", Integer.toString(tls.getSmtps().getPort()));
            settings.put("pgsteward.mail.tls", "true");
            try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
                desk.raise(Desk.bad("vikunja"));
                // The server's thread ends with an exception, because the client does not trust its certificate.
                await().dontCatchUncaughtExceptions().until(() -> log.text().contains("next attempt"));
            }
            assertThat(log.text()).containsAnyOf("SunCertPathBuilderException", "CertificateException", "SSLHandshake");
            assertThat(tls.getReceivedMessages()).isEmpty();
        } finally {
            tls.stop();
        }
    }

    private static void serveInClear(ServerSocket server, String hello, List<String> heard) {
        while (!server.isClosed()) {
            try (Socket client = server.accept();
                    BufferedReader lines = new BufferedReader(
                            new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
                    PrintWriter out = new PrintWriter(client.getOutputStream(), true, StandardCharsets.ISO_8859_1)) {
                out.print("220 mail.example.org\r\n");
                out.flush();
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    heard.add(line);
                    String answer =
                            line.startsWith("EHLO") ? hello : line.startsWith("STARTTLS") ? "454 not now" : "250 ok";
                    out.print(answer.replace("|", "\r\n") + "\r\n");
                    out.flush();
                }
            } catch (IOException hungUp) {
                heard.add("hung up");
            }
        }
    }

    @Test
    void waitsForAServerThatIsAwayAlsoThroughARestart() throws Exception {
        Map<String, String> settings = settings();
        int port = Integer.parseInt(settings.getOrDefault("pgsteward.mail.port", ""));
        server.stop();
        try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
            desk.raiseMany(3);
        }

        server = new GreenMail(new ServerSetup(port, "127.0.0.1", "smtp"));
        server.start();
        try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
            assertThat(server.waitForIncomingEmail(10_000, 3)).isTrue();
            await().until(() -> desk.outbox.depth("email") == 0);
        }
        assertThat(server.getReceivedMessages())
                .extracting(mail -> mail.getSubject().split(" ", 3)[1])
                .containsExactlyInAnyOrder("s1", "s2", "s3");
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                CapturedLog log = new CapturedLog()) {
            Map<String, String> settings = settings();
            settings.put("pgsteward.mail.port", Integer.toString(mute.getLocalPort()));
            settings.put("pgsteward.mail.timeout", "300");
            try (Desk desk = new Desk(state, settings).load(Desk.ALERTS).start()) {
                desk.raise(Desk.bad("vikunja"));
                await().until(() -> log.text().contains("timed out; next attempt"));
                assertThat(desk.outbox.depth("email")).isEqualTo(1);
            }
        }
    }

    @Test
    void containerNameCannotAddAHeader() throws Exception {
        try (Desk desk = new Desk(state, settings()).load(Desk.ALERTS).start()) {
            desk.raise(Desk.bad("x\r\nBcc: all@example.org"));
            assertThat(server.waitForIncomingEmail(10_000, 1)).isTrue();
        }
        MimeMessage mail = server.getReceivedMessages()[0];
        assertThat(mail.getHeader("Bcc")).isNull();
        assertThat(mail.getAllRecipients()).hasSize(1);
    }

    private static String part(MimeMessage mail, int index, String type) throws Exception {
        BodyPart part = ((MimeMultipart) mail.getContent()).getBodyPart(index);
        assertThat(part.getContentType()).startsWith(type).containsIgnoringCase("utf-8");
        return part.getContent().toString().replace("\r\n", "\n");
    }

    private Map<String, String> settings() {
        return new HashMap<>(Map.of(
                "pgsteward.mail.enabled", "true",
                "pgsteward.mail.host", "127.0.0.1",
                "pgsteward.mail.port", Integer.toString(server.getSmtp().getPort()),
                "pgsteward.mail.from", "steward@example.org",
                "pgsteward.mail.to", "ops@example.org",
                // This combination needs no user, as {@code ReceiverSettings} states.
                "pgsteward.mail.starttls.required", "false"));
    }
}
