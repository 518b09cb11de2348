package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Container;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Labels and variables with any text change nothing in the cluster except for the objects of a legal claim. */
@NeedsPostgres
class HostileIT {
    private static final int SETS = 2_000;

    /**
     * The number of refused claims between two comparisons of the whole cluster. The next comparison shows any change.
     */
    private static final int REFUSED_BEFORE_A_LOOK = 50;

    /** The separator in a line of {@link #CLUSTER} between the owner and the content. */
    private static final String WHOSE = "\u001f";

    private static final String CLUSTER = """
            SELECT rolname || U&'\\001F' || 'role ' || (pg_catalog.to_jsonb(r) - 'rolpassword')::text
              FROM pg_catalog.pg_authid AS r
            UNION ALL
            SELECT member::regrole || U&'\\001F' || 'member of ' || roleid::regrole FROM pg_catalog.pg_auth_members
            UNION ALL
            SELECT datname || U&'\\001F' || 'database ' || pg_catalog.pg_get_userbyid(datdba) || datallowconn
              FROM pg_catalog.pg_database
            UNION ALL
            SELECT CASE WHEN datname = 'homelab' THEN pg_catalog.pg_get_userbyid(acl.grantee) ELSE datname END
                   || U&'\\001F' || 'right on database ' || datname || ' ' || acl.grantee || acl.privilege_type
              FROM pg_catalog.pg_database, pg_catalog.aclexplode(datacl) AS acl
            UNION ALL
            SELECT pg_catalog.pg_get_userbyid(acl.grantee) || U&'\\001F' || 'right on ' || relname || acl.privilege_type
              FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) AS acl
            UNION ALL
            SELECT pg_catalog.pg_get_userbyid(acl.grantee) || U&'\\001F' || 'right on ' || proname || acl.privilege_type
              FROM pg_catalog.pg_proc, pg_catalog.aclexplode(proacl) AS acl
            UNION ALL
            SELECT service_name || U&'\\001F' || 'service ' || pg_catalog.to_jsonb(s)::text
              FROM public.service_configs AS s
            """;

    /** Passwords that SASLprep does not change. */
    private static final Pattern PLAIN = Pattern.compile("[\\p{Print}\\p{IsCyrillic}ü]*");

    @TempDir
    private Path secrets;

    private Set<String> cluster = Set.of();
    private Set<String> withoutServices = Set.of();
    private int looked;
    private int sinceTheLastLook;
    private int legal;
    private int loggedIn;
    private int refused;
    private int silent;

    /** The latest granted claim of each service. */
    private final SortedMap<String, Claim> given = new TreeMap<>();

    @Test
    @Timeout(900)
    void onlyLegalClaimsChangeTheCluster() throws Exception {
        Files.writeString(secrets.resolve("good"), HostileSets.CANARY + "; in a file");
        Files.writeString(secrets.resolve("postgres_password"), TestCluster.PASSWORD.reveal());
        Discovery discovery = new Discovery(
                Catalogue.shipped(Json.mapper()), new SecretsFolder(secrets, secrets.resolve("postgres_password")));
        try (EnrolmentHost host = EnrolmentHost.on(TestCluster.start(), secrets)) {
            host.reconcile();
            Set<String> files = files();
            cluster = everything(host);
            withoutServices = cluster;

            for (Container box : HostileSets.of(SETS, 20_260_714L)) {
                look(host, discovery, box);
                if (looked < SETS / 2) {
                    takeAwayAgain(host);
                }
            }

            assertThat(everything(host)).isEqualTo(cluster);
            assertThat(files()).as("files").isEqualTo(files);
            System.out.println("of " + SETS + " hostile sets " + legal + " were legal, " + refused + " refused and "
                    + silent + " silent; " + given.size() + " services; "
                    + loggedIn + " logged in, the rest have passwords that clients prepare otherwise");
            assertThat(loggedIn).as("logged in").isGreaterThan(10);
            assertThat(legal).as("legal").isGreaterThan(20);
            assertThat(refused).as("refused").isGreaterThan(500);
            assertThat(silent).as("no claim").isGreaterThan(100);
            List<Container> enrolled =
                    given.values().stream().map(Claim::container).toList();
            assertThat(host.plan(enrolled).steps()).isEmpty();
            assertThat(host.plan(enrolled).refused()).isEmpty();
        }
    }

    /**
     * Makes its role a superuser if a superuser compares two names as the journal does, with public in the search_path.
     */
    private static final List<String> TRAP = List.of(
            "CREATE FUNCTION public.trap(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
                    + " IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN"
                    + " ALTER ROLE grafana SUPERUSER; END IF; RETURN $1::text = $2::text; END $$",
            "CREATE OPERATOR public.= (leftarg = varchar, rightarg = varchar, function = public.trap)");

    private static final String SPRUNG = "SELECT rolsuper::text FROM pg_catalog.pg_authid WHERE rolname = 'grafana'";

    @Test
    void trapsInTheManagementDatabaseAreReported() throws Exception {
        try (EnrolmentHost host = EnrolmentHost.on(TestCluster.start(), secrets)) {
            Boxes grafana = EnrolmentHost.service("grafana");
            host.run("homelab", "CREATE ROLE grafana LOGIN PASSWORD 'of-the-service'");
            host.run("homelab", "GRANT ALL ON SCHEMA public TO grafana", "GRANT CREATE ON SCHEMA public TO PUBLIC");
            for (String sql : TRAP) {
                assertThat(host.may("grafana", "homelab", sql)).as(sql).isTrue();
            }

            assertThat(host.provision(grafana).outcome().reason())
                    .contains(
                            "role grafana may create objects in schema public of database homelab",
                            "every role may create objects in schema public of database homelab");

            assertThat(host.may("grafana", "homelab", TRAP.get(0).replace("trap", "another")))
                    .isFalse();
            assertThat(host.plan(grafana).steps())
                    .filteredOn(line -> line.subject().equals("grafana"))
                    .singleElement()
                    .satisfies(line -> assertThat(line.text()).contains("operator public.=("));
            assertThat(host.reconcile(grafana).troubles().get("grafana"))
                    .contains("role grafana owns function public.trap(", "operator public.=(");
            new Quarantine(host.server, Clock.systemUTC()).find("grafana");
            assertThat(host.ask("homelab", SPRUNG)).containsExactly("false");

            // This shows that the trap works: only the empty search_path protected pgsteward.
            host.run(
                    "homelab",
                    "SET search_path = public",
                    "SELECT FROM service_configs WHERE service_name = 'any'::varchar");
            assertThat(host.ask("homelab", SPRUNG)).containsExactly("true");
            assertThat(host.reconcile(grafana).byContainer().values())
                    .flatExtracting(ClaimResult::repaired)
                    .contains("role grafana has attributes beyond its database");

            host.run("homelab", "DROP OPERATOR public.= (varchar, varchar)", "DROP FUNCTION public.trap");
            assertThat(host.reconcile(grafana).troubles()).isEmpty();
            assertThat(host.ask("homelab", SPRUNG)).containsExactly("false");
        }
    }

    /** Removes the service again, because there are only few legal names, and they would conflict. */
    private void takeAwayAgain(EnrolmentHost host) throws Exception {
        if (given.isEmpty()) {
            return;
        }
        Quarantine quarantine = new Quarantine(host.server, Clock.systemUTC());
        quarantine.drop(quarantine.begin(quarantine.find(given.firstKey())));
        given.clear();
        cluster = everything(host);
        assertThat(cluster).as("service removed").isEqualTo(withoutServices);
    }

    private void look(EnrolmentHost host, Discovery discovery, Container box) throws SQLException {
        looked++;
        ClaimResult result = host.provision(box);
        assertThat(result.worthRetrying()).as(result.outcome().reason()).isFalse();
        assertThat(result.toString()).doesNotContain(HostileSets.CANARY);
        HostileLabelsTest.assertOneClearLine(box, result.outcome().reason());
        if (result.enrolment().isPresent()) {
            legal++;
            assertGiven(
                    host,
                    discovery
                            .claim(box, Optional.of(EnrolmentHost.POSTGRES), List.of())
                            .orElseThrow());
            return;
        }
        refused += result.refused() ? 1 : 0;
        silent += result.refused() ? 0 : 1;
        sinceTheLastLook++;
        if (sinceTheLastLook == REFUSED_BEFORE_A_LOOK) {
            assertThat(everything(host))
                    .as("changes since the previous check, until " + box.name())
                    .isEqualTo(cluster);
            sinceTheLastLook = 0;
        }
    }

    private void assertGiven(EnrolmentHost host, Claim claim) throws SQLException {
        assertThat(List.of(claim.service(), claim.database(), claim.user())).allMatch(HostileLabelsTest::isLegal);
        Set<String> names = new HashSet<>(List.of(claim.service(), claim.database(), claim.user()));
        Optional.ofNullable(given.put(claim.service(), claim))
                .ifPresent(before -> names.addAll(List.of(before.database(), before.user())));
        Set<String> now = everything(host);

        assertThat(difference(cluster, now))
                .as("changed names of service %s", claim.service())
                .allMatch(names::contains);
        assertThat(now).anyMatch(line -> line.startsWith(claim.user() + WHOSE + "role "));
        assertThat(now).contains(claim.database() + WHOSE + "database " + claim.user() + "true");
        assertLogsIn(host, claim);
        cluster = now;
        sinceTheLastLook = 0;
    }

    /** Checks the login, except with passwords that clients may normalize differently from pgsteward. */
    private void assertLogsIn(EnrolmentHost host, Claim claim) throws SQLException {
        if (PLAIN.matcher(claim.password().reveal()).matches()) {
            host.server
                    .connectAs(claim.user(), claim.password(), claim.database())
                    .close();
            loggedIn++;
        }
    }

    /** Returns the owners of the lines that only one of the two sets has. */
    private static Set<String> difference(Set<String> before, Set<String> after) {
        return Stream.concat(
                        before.stream().filter(line -> !after.contains(line)),
                        after.stream().filter(line -> !before.contains(line)))
                .map(line -> line.substring(0, line.indexOf(WHOSE)))
                .collect(Collectors.toSet());
    }

    private static Set<String> everything(EnrolmentHost host) throws SQLException {
        return Set.copyOf(host.ask("homelab", CLUSTER));
    }

    /** Returns the files of the secrets folder and of the working directory. */
    private Set<String> files() throws IOException {
        Set<String> files = new HashSet<>();
        for (Path folder : List.of(secrets, Path.of("").toAbsolutePath())) {
            try (Stream<Path> listed = Files.list(folder)) {
                listed.filter(file -> !file.endsWith("target"))
                        .map(Path::toString)
                        .forEach(files::add);
            }
        }
        return files;
    }
}
