package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.pgsteward.model.Container;

/**
 * Containers with hostile labels and variables. The same seed produces the same containers. All of them see the server
 * {@code postgresql} on the network {@code internal_db}.
 */
final class HostileSets {
    /** A part of every password. It must appear in no output. */
    static final String CANARY = "never-to-be-seen";

    private static final List<String> LABELS = List.of(
            "pgsteward.enable",
            "pgsteward.service",
            "pgsteward.database",
            "pgsteward.user",
            "pgsteward.extensions",
            "com.docker.compose.project",
            "com.docker.compose.service");

    private static final List<String> PIECES = List.of(
            "\"",
            "'",
            "''",
            ";",
            "--",
            "/*",
            "$$",
            "\0",
            "\n",
            "\r\n",
            "\t",
            "\u001b[2J",
            "\b",
            "\u0085",
            "\u2028",
            "\u202e",
            "\u200b",
            "\ufeff",
            "\ufe0f",
            "\u3164",
            "\ud83d\ude00",
            "\ud83d",
            "\ude00",
            "\ue000",
            "\u0378",
            "\uffff",
            "u\u0308",
            "\u0430",
            "\u0391",
            "\uff41",
            "${env:PATH}",
            "${sysenv.HOME}",
            "{{pgsteward.postgres.password}}",
            "$simple{body}",
            "#{T(java.lang.Runtime)}",
            "%s%n",
            "%00",
            "../",
            "..\\",
            "/etc/passwd",
            "\\",
            "`id`",
            "$(id)",
            "| id",
            "<script>alert(1)</script>",
            "&amp;",
            "'; DROP DATABASE homelab; --",
            "\" SUPERUSER PASSWORD 'x",
            "postgres",
            "template1",
            "pg_",
            "homelab",
            "public",
            "_",
            ".",
            "-",
            "@",
            ":",
            "/",
            "?",
            "#",
            "&user=postgres",
            " ",
            "\u00a0");

    /** Legal names, so that a good part of the containers passes all checks. */
    private static final List<String> LEGAL =
            List.of("my-app", "App", "über", "приложение", "a.b_c", "two words", "x1");

    private final Random random;

    private HostileSets(long seed) {
        this.random = new Random(seed);
    }

    /** Returns this number of containers, named {@code box-0} and so on. */
    static List<Container> of(int count, long seed) {
        HostileSets sets = new HostileSets(seed);
        return IntStream.range(0, count).mapToObj(sets::container).toList();
    }

    private Container container(int number) {
        Boxes box = Boxes.container("box-" + number).image(maybe(3) ? text() : "deluan/navidrome:1");
        boolean labelled = maybe(2);
        for (String label : LABELS) {
            if (labelled && maybe(2)) {
                box.label(label, text());
            }
        }
        if (labelled && maybe(4)) {
            box.label("pgsteward.password-file", maybe(2) ? "good" : text());
        }
        List<String> variables = new ArrayList<>(List.of("PATH=/bin", text().replace("=", "") + "=" + text()));
        switch (random.nextInt(6)) {
            case 0 -> variables.addAll(vikunja());
            case 1 -> variables.add("DATABASE_URL=" + address());
            case 2 -> variables.addAll(List.of("ONE=" + address(), "TWO=" + address()));
            case 3 -> variables.addAll(keycloak());
            case 4 -> variables.addAll(files());
            default -> variables.add("CMD_DB_URL=" + text());
        }
        return box.with(variables.toArray(String[]::new)).box();
    }

    private List<String> vikunja() {
        return List.of(
                "VIKUNJA_DATABASE_TYPE=postgres",
                "VIKUNJA_DATABASE_HOST=" + host(),
                "VIKUNJA_DATABASE_USER=" + text(),
                "VIKUNJA_DATABASE_PASSWORD=" + password(),
                "VIKUNJA_DATABASE_DATABASE=" + text());
    }

    private List<String> keycloak() {
        return List.of(
                "KC_DB=postgres",
                "KC_DB_URL=jdbc:postgresql://" + host() + "/" + text(),
                "KC_DB_USERNAME=" + text(),
                "KC_DB_PASSWORD=" + password());
    }

    private List<String> files() {
        return List.of(
                "DB_TYPE=postgresdb",
                "DB_POSTGRESDB_HOST=" + host(),
                "DB_POSTGRESDB_DATABASE_FILE=/run/" + (maybe(2) ? "good" : text()),
                "DB_POSTGRESDB_USER=" + text(),
                "DB_POSTGRESDB_PASSWORD_FILE=" + (maybe(2) ? "/run/secrets/good" : text()));
    }

    private String address() {
        return "postgres://" + text() + ":" + password() + "@" + host() + "/" + text();
    }

    private String host() {
        return maybe(5) ? text() : "postgresql:5432";
    }

    private String password() {
        return CANARY + text();
    }

    private String text() {
        if (maybe(2)) {
            return LEGAL.get(random.nextInt(LEGAL.size()));
        }
        StringBuilder text = new StringBuilder(maybe(2) ? "app" : "");
        for (int pieces = 1 + random.nextInt(3); pieces > 0; pieces--) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return maybe(40) ? text.toString().repeat(1 + 10_240 / text.length()) : text.toString();
    }

    /** Returns true once in {@code times} on average. */
    private boolean maybe(int times) {
        return random.nextInt(times) == 0;
    }
}
