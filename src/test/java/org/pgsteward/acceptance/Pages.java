package org.pgsteward.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.cli.Handbook;

/** The pages of {@code src/docs/how-to}, typed as printed beside a deployment. The output is compared with the page. */
final class Pages {
    /** The secret that an operator types at a prompt. */
    private static final String SECRET = "known-secret-typed";

    /** A line for an application's own compose file. */
    private static final String OF_A_SERVICE = "docker compose up -d vikunja";

    private final Deployment host;
    private final Map<String, String> instead = new HashMap<>();
    private String settingsBefore = "";

    Pages(Deployment host) {
        this.host = host;
    }

    /** Adds the value that a reader types in place of an example. */
    void instead(String example, String real) {
        instead.put(example, real);
    }

    /**
     * Types all lines of a page. Writes the page's settings into {@code .env} first, because a page shows them before
     * the line that needs them.
     */
    void type(String task) throws IOException {
        Path file = Handbook.howTo(task);
        Path settings = host.folder().resolve(".env");
        settingsBefore = Files.readString(settings);
        List<Handbook.Line> lines = Handbook.settings(file);
        for (Handbook.Step step : Handbook.steps(file)) {
            for (Handbook.Line line : lines) {
                if (line.number() < step.line().number()
                        && !Files.readString(settings).contains(real(line.text()))) {
                    Files.writeString(settings, real(line.text()) + "\n", StandardOpenOption.APPEND);
                }
            }
            String out = typeLine(step.line().text());
            if (triesReceivers(step.line().text())) {
                // The mail server of the page does not exist; the receivers of the story do.
                assertThat(out).contains("email: not accepted after", "mailbox: accepted after");
            } else {
                assertThat(out).as(step.line().toString()).containsPattern(step.shape());
            }
        }
    }

    /** Restores the {@code .env} from before the last page, and applies it. */
    void takeSettingsBack() throws IOException {
        Files.writeString(host.folder().resolve(".env"), settingsBefore);
        host.compose("up", "--detach").well();
    }

    private String real(String line) {
        String real = line;
        for (Map.Entry<String, String> example : instead.entrySet()) {
            real = real.replace(example.getKey(), example.getValue());
        }
        return real;
    }

    /**
     * Types a line.
     *
     * @return its standard output
     */
    private String typeLine(String line) throws IOException {
        String real = real(line);
        String out;
        if (line.contains("\\password")) {
            out = answer(real, List.of("Enter new password", "Enter it again"));
        } else if (line.equals(OF_A_SERVICE)) {
            out = host.services("up", "--detach", "vikunja").well().out();
        } else {
            Path secret = Files.writeString(host.folder().resolve("typed"), SECRET + "\n");
            Ended ended = host.shell("{ " + real + "\n} <" + secret);
            // "pgsteward status" ends with code 1 if there is any problem on this host, and the story has caused
            // several.
            boolean mayFail = line.endsWith("pgsteward status") || triesReceivers(line);
            out = (mayFail && ended.code() == 1 ? ended : ended.well()).out();
            // Containers that were started anew must answer before the next line.
            if (real.matches("docker compose up .*")) {
                host.awaitSteward();
            }
        }
        return out;
    }

    private static boolean triesReceivers(String line) {
        return line.endsWith("pgsteward notify --test");
    }

    /** Answers the prompts of a line on a terminal, because programs ask for a password only there. */
    private String answer(String line, List<String> prompts) throws IOException {
        Process process = host.start("script", "--quiet", "--return", "--command", line, "/dev/null");
        StringBuilder said = new StringBuilder();
        try (Reader out = process.inputReader(StandardCharsets.UTF_8);
                OutputStream in = process.getOutputStream()) {
            int answered = 0;
            for (int next = out.read(); next >= 0; next = out.read()) {
                said.append((char) next);
                if (answered < prompts.size() && said.indexOf(prompts.get(answered)) >= 0 && next == ':') {
                    in.write((SECRET + "\n").getBytes(StandardCharsets.UTF_8));
                    in.flush();
                    answered++;
                }
            }
            assertThat(process.waitFor()).as(said.toString()).isZero();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return said.toString();
    }
}
