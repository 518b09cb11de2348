package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.model.Secret;

@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScramVerifierIT {
    private TestCluster postgres;

    @BeforeAll
    void start() {
        postgres = TestCluster.start();
    }

    @AfterAll
    void stop() throws Exception {
        postgres.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pencil",
                "p%a$s'w\"o\\r d",
                "pässwörd",
                "ﬁve",
                "0",
                "a\uFEFFb",
                "a\u00ADb",
                "a\u3000b",
                "a\u2002b"
            })
    void aPasswordOfWhichTheServerSawOnlyTheVerifierLogsIn(String password) throws SQLException {
        Secret secret = new Secret(password);
        String verifier = ScramVerifier.of(secret).stored();
        postgres.run(
                "homelab",
                "DROP ROLE IF EXISTS taster",
                "CREATE ROLE taster LOGIN PASSWORD " + Quote.literal(verifier));

        try (Connection connection = postgres.server().connectAs("taster", secret, "homelab")) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThatThrownBy(() -> postgres.server().connectAs("taster", new Secret("wrong"), "homelab"))
                .isInstanceOf(SQLException.class);
    }

    @Test
    void knowsWhichPasswordTheServersOwnVerifierWasMadeFrom() throws SQLException {
        postgres.run("homelab", "DROP ROLE IF EXISTS other", "CREATE ROLE other LOGIN PASSWORD 'from the server'");
        String stored = postgres.server().ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'other'");

        ScramVerifier verifier = ScramVerifier.parse(stored).orElseThrow();

        assertThat(verifier.accepts(new Secret("from the server"))).isTrue();
        assertThat(verifier.accepts(new Secret("from somebody else"))).isFalse();
        assertThat(ScramVerifier.parse("md5aabbcc")).isEmpty();
    }

    @Test
    void printsNoKey() {
        ScramVerifier verifier = ScramVerifier.of(new Secret("pencil"));
        assertThat(verifier.toString())
                .endsWith("***")
                .doesNotContain(verifier.stored().substring(30));
    }
}
