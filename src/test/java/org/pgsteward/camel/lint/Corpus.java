package org.pgsteward.camel.lint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Mistakes that operators make in route files. Each is a whole file with the expected message. */
public final class Corpus {
    private static final String HERE = "# here";
    private static final Path SHIPPED = Path.of("routes");

    private final List<Mistake> mistakes = new ArrayList<>();

    /**
     * A file that is refused.
     *
     * @param file in the routes folder
     * @param line the line that the message names; 0 for the whole file
     * @param says a part of the message
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Mistake(String name, String file, byte[] content, int line, String says) {
        @Override
        public String toString() {
            return name;
        }
    }

    public static List<Mistake> all() {
        Corpus corpus = new Corpus();
        corpus.syntax();
        corpus.form();
        corpus.components();
        corpus.beans();
        corpus.sets();
        corpus.secrets();
        corpus.guards();
        return corpus.mistakes;
    }

    private void syntax() {
        bytes("an empty file", "", 1, "the file is empty");
        bytes("only comments", "# nothing\n", 1, "the file is empty");
        add("a quote that is not closed", """
                - route:
                    id: op-route
                    from:
                      uri: "timer:op
                      steps:
                        - log: "${body}"  # here
                """, "not valid YAML");
        add("a tab for indentation", """
                - route:
                    id: op-route
                \tfrom:  # here
                      uri: timer:op
                """, "not valid YAML");
        add("a line that is indented wrongly", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                     steps:  # here
                        - log: "${body}"
                """, "not valid YAML");
        add("a brace that is not closed", """
                - route:
                    id: op-route
                    from: {uri: timer:op, steps: [
                # here""", "not valid YAML");
        bytes("two documents", "- beans: []\n---\n- beans: []\n", 2, "not valid YAML");
        add("a half-merged file", """
                - route:
                    id: op-route
                <<<<<<< HEAD  # here
                    from:
                =======
                """, "not valid YAML");
        bytes(
                "an encoding other than UTF-8",
                "- route: {id: gr\u00fc\u00df}\n",
                StandardCharsets.ISO_8859_1,
                0,
                "UTF-8");
        bytes("a text that is not YAML", "Dear operator,\nplease: see: above\n", 2, "not valid YAML");
        bytes("a single word", "hello\n", 1, "the file is not a list");
        bytes("binary", "\u0000\u0001\u0002", 0, "");
    }

    private void form() {
        add("a mapping instead of a list", """
                route:  # here
                  id: op-route
                """, "the file is not a list");
        add("a misspelt kind of entry", """
                - rout:  # here
                    id: op-route
                """, "did you mean 'route'?");
        add("a from without a route around it", """
                - from:  # here
                    uri: timer:op
                    steps: [{log: "${body}"}]
                """, "write `- route:`");
        add("a configuration of all routes", """
                - routeConfiguration:  # here
                    onException: []
                """, "is not supported here");
        add("a route without an id", """
                - route:  # here
                    from: {uri: timer:op, steps: [{log: "${body}"}]}
                """, "has no id");
        add("a route without a from", """
                - route:
                    id: op-route  # here
                    description: Begins nowhere.
                """, "");
        add("a route without steps", """
                - route:
                    id: op-route  # here
                    from: {uri: timer:op}
                """, "no output");
        add("a step that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - setBdy:  # here
                            constant: x
                """, "there is no step 'setBdy'; did you mean 'setBody'?");
        add("a field that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - log:
                            mesage: x  # here
                """, "'mesage' is unknown here");
        add("a duplicate key", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      uri: timer:op2  # here
                      steps: [{log: "${body}"}]
                """, "duplicate key 'uri'");
        add("an anchor that contains itself", """
                - route:
                    id: op-route
                    from: &a
                      uri: timer:op
                      steps:
                        - *a
                """.replace("from: &a", "from: &a  # here"), "nested");
        add("steps in the wrong place", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                    steps:  # here
                      - log: x
                """, "");
        add("a language that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - filter:
                            expression:
                              language:
                                language: sample  # here
                                expression: "1"
                            steps: [{log: "${body}"}]
                """, "sample");
    }

    private void components() {
        add("a component that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - to:
                            uri: fil:/tmp/x  # here
                """, "unknown component 'fil'; did you mean 'file'?");
        add(
                "a component whose jar is missing",
                """
                - route:
                    id: op-route
                    from:
                      uri: kafka:topic  # here
                      steps: [{log: "${body}"}]
                """,
                "unknown component 'kafka'; is the jar of camel-kafka in lib/ext?");
        add("an option that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      parameters:
                        perod: 1000  # here
                      steps: [{log: "${body}"}]
                """, "timer has no option 'perod'; did you mean 'period'?");
        add("an option in the address that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op?dely=5  # here
                      steps: [{log: "${body}"}]
                """, "timer has no option 'dely'; did you mean 'delay'?");
        add("an option with a wrong value", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      parameters:
                        period: often  # here
                      steps: [{log: "${body}"}]
                """, "often");
        edit(
                "the previous name of the socket class",
                "receivers/email.camel.yaml",
                "mail.smtp.socketFactory.class: org.pgsteward.camel.receivers.BoundedSockets",
                "mail.smtp.socketFactory.class: org.pgsteward.receivers.BoundedSockets",
                "mail.smtp.socketFactory.class names the class 'org.pgsteward.receivers.BoundedSockets', which does not exist");
        add("a schedule with five fields", """
                - route:
                    id: op-route
                    from:
                      uri: quartz:op/one
                      parameters:
                        cron: 0 3 * * *  # here
                      steps: [{log: "${body}"}]
                """, "the schedule '0 3 * * *' is not a Quartz cron");
        add("a schedule that cannot be parsed", """
                - route:
                    id: op-route
                    from:
                      uri: quartz:op/one
                      parameters:
                        cron: every night  # here
                      steps: [{log: "${body}"}]
                """, "the schedule 'every night' is not a Quartz cron");
        add("a setting that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      parameters:
                        period: "{{pgsteward.op.period}}"  # here
                      steps: [{log: "${body}"}]
                """, "there is no setting pgsteward.op.period; set PGSTEWARD_OP_PERIOD");
        add("a broken expression", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - setBody:
                            expression:
                              simple:
                                expression: "${body.size"  # here
                """, "");
        add("a function that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - filter:
                            expression:
                              simple:
                                expression: "${bodyy} == 1"  # here
                            steps: [{log: "${body}"}]
                """, "bodyy");
        edit(
                "a misspelt timer in a shipped file",
                "monitor.camel.yaml",
                "uri: timer:monitor-host",
                "uri: tmer:monitor-host",
                "did you mean 'timer'?");
        edit(
                "an invalid schedule in a shipped file",
                "retention.camel.yaml",
                "0 30 4 * * ?}}",
                "0 61 4 * * ?}}",
                "the schedule");
        edit(
                "a misspelt option of a disabled receiver",
                "heartbeat.camel.yaml",
                "httpMethod: ",
                "httpMethd: ",
                "has no option 'httpMethd'");
        edit(
                "a misspelt component of a disabled receiver",
                "receivers/slack.camel.yaml",
                "uri: notify:slack",
                "uri: notfy:slack",
                "did you mean 'notify'?");
    }

    private void beans() {
        add("a bean that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - bean:
                            ref: monitr  # here
                            method: memory
                """, "there is no bean 'monitr'; did you mean 'monitor'?");
        add("a method that does not exist", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - bean:
                            ref: monitor
                            method: memry  # here
                """, "the bean has no method 'memry'; did you mean 'memory'?");
        add("a class that does not exist", """
                - beans:
                    - name: opBean
                      type: org.pgsteward.alert.TellingRul  # here
                - route:
                    id: op-route
                    from: {uri: timer:op, steps: [{log: "${body}"}]}
                """, "TellingRul");
        add("a level in a bean, as in older versions", """
                - beans:
                    - name: lockRule
                      type: org.pgsteward.monitor.LockRule  # here
                - route:
                    id: op-route
                    from: {uri: timer:op, steps: [{log: "${body}"}]}
                """, "levels are now in thresholds.yaml");
        add("a bean that refers to a missing bean", """
                - beans:
                    - name: opBean
                      type: org.pgsteward.backup.RetentionPolicies
                      properties:
                        usual: "#bean:nobody"  # here
                - route:
                    id: op-route
                    from: {uri: timer:op, steps: [{log: "${body}"}]}
                """, "nobody");
        edit(
                "a level that cannot be parsed",
                "thresholds.yaml",
                "memory: {warn: 80%",
                "memory: {warn: much",
                "warn is 'much'");
        edit(
                "a level that contradicts another",
                "thresholds.yaml",
                "memory: {warn: 80%",
                "memory: {warn: 95%",
                "critical is 90%");
        edit(
                "a misspelt property",
                "alerts.camel.yaml",
                "groupFrom:",
                "groupForm:",
                "'notificationPolicy' has no property 'groupForm'; did you mean 'groupFrom'?");
        edit("a time that cannot be parsed", "alerts.camel.yaml", "{{pgsteward.alerts.wait:10s}}", "soon", "soon");
        edit(
                "a policy that keeps no backup",
                "retention.camel.yaml",
                "own: \"\"",
                "own: \"vikunja: last=0\"",
                "keeps 0 backups");
    }

    private void sets() {
        add("an id of another file", """
                - route:
                    id: monitor-host  # here
                    from: {uri: timer:op, steps: [{log: "${body}"}]}
                """, "route 'monitor-host' already exists at ");
        add("a duplicate id in one file", """
                - route:
                    id: op-route
                    from: {uri: timer:op, steps: [{log: "${body}"}]}
                - route:
                    id: op-route  # here
                    from: {uri: timer:op2, steps: [{log: "${body}"}]}
                """, "route 'op-route' already exists at ");
        add("a bean name of another file", """
                - beans:
                    - name: notificationPolicy  # here
                      type: org.pgsteward.alert.NotificationPolicy
                """, "bean 'notificationPolicy' already exists at ");
        add(
                "an endpoint without a consumer",
                """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - to:
                            uri: direct:alert-rais  # here
                """,
                "no route consumes direct:alert-rais; did you mean 'direct:alert-raise'?");
        add(
                "an endpoint without a consumer, in the form of the editor Kaoto",
                """
                - route:
                    id: op-route
                    from:
                      uri: timer
                      parameters: {timerName: op}
                      steps:
                        - to:
                            uri: direct
                            parameters: {name: alert-rais}  # here
                """,
                "no route consumes direct:alert-rais");
        add("an endpoint with two consumers", """
                - route:
                    id: op-route
                    from:
                      uri: direct:alert-raise  # here
                      steps: [{log: "${body}"}]
                """, "direct:alert-raise already has a consumer: ");
        add("a step id of another route", """
                - route:
                    id: op-route
                    from: {uri: timer:op, steps: [{log: {id: log-1, message: x}}]}
                - route:
                    id: op-other
                    from:
                      uri: timer:op2
                      steps:
                        - log:
                            id: log-1  # here
                            message: x
                """, "the id 'log-1' is used in another route too");
        edit(
                "a step with a misspelt endpoint",
                "alerts.camel.yaml",
                "                  uri: direct:alert-tell",
                "                  uri: direct:alert-tel",
                "no route consumes direct:alert-tel; did you mean 'direct:alert-tell'?");
        edit(
                "a receiver whose name differs from its endpoint",
                "receivers/slack.camel.yaml",
                "id: receiver-slack",
                "id: receiver-slak",
                "does not consume direct:receiver-slak");
    }

    private void secrets() {
        add("a password", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - to:
                            uri: smtp:localhost
                            parameters:
                              password: geheim  # here
                """, "secret in clear text: password");
        add("a password in an address", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - to: "smtp:localhost?username=me&password=geheim"  # here
                """, "secret in clear text: password");
        add("a user and password in an address", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - to: "https://me:geheim@example.com/"  # here
                """, "a password in an address");
        add("a token in a header", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - setHeader:
                            name: Authorization
                            expression:
                              constant:
                                expression: Bearer geheim  # here
                """, "secret in clear text: Authorization");
        add("an address that is a secret", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - to: https://hooks.slack.com/services/T0/B0/geheim  # here
                """, "secret in clear text: the address itself");
    }

    private void guards() {
        add("a step that removes a container", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - to: docker:container/remove  # here
                """, "only reads from Docker");
        add("a step that runs a program in a container", """
                - route:
                    id: op-route
                    from:
                      uri: timer:op
                      steps:
                        - toD: docker:exec/create?containerId=x  # here
                """, "only reads from Docker");
        add("a bean that replaces one of pgsteward", """
                - beans:
                    - name: docker  # here
                      type: java.lang.Object
                """, "is a bean of pgsteward itself");
        add(
                "a route that replaces the journal's route",
                """
                - route:
                    id: journal-write
                    from:
                      uri: direct:journal-write
                      steps: [{log: "${body}"}]
                """.replace("id: journal-write", "id: journal-write  # here"),
                "is a route of pgsteward itself");
    }

    private void add(String name, String content, String says) {
        String[] lines = content.split("\n", -1);
        int line = 0;
        for (int i = 0; i < lines.length; i++) {
            line = lines[i].contains(HERE) ? i + 1 : line;
        }
        bytes(name, content, line, says);
    }

    private void bytes(String name, String content, int line, String says) {
        bytes(name, content, StandardCharsets.UTF_8, line, says);
    }

    private void bytes(String name, String content, java.nio.charset.Charset letters, int line, String says) {
        mistakes.add(new Mistake(name, "operators.camel.yaml", content.getBytes(letters), line, says));
    }

    /** Adds a mistake in a shipped file. The expected line is that of the first change. */
    private void edit(String name, String file, String from, String to, String says) {
        try {
            String before = Files.readString(SHIPPED.resolve(file));
            String after = before.replace(from, to);
            if (after.equals(before)) {
                throw new IllegalStateException(file + " has no '" + from + "' to replace");
            }
            int at = before.indexOf(from);
            int line = (int) before.substring(0, at).lines().count();
            boolean begun = at > 0 && before.charAt(at - 1) != '\n';
            mistakes.add(
                    new Mistake(name, file, after.getBytes(StandardCharsets.UTF_8), begun ? line : line + 1, says));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
