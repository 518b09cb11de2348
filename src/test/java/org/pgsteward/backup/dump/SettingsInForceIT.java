package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

@NeedsPostgres
class SettingsInForceIT {
    /**
     * The sources of a setting have an order of precedence. Settings of an owner that can log in come first.
     * Settings of the administrator and of pgsteward's own session do not count.
     */
    @Test
    void theSettingOfHighestPrecedenceIsInForce() throws Exception {
        Map<String, String> onTheCommandLine = Map.of("timezone", "Asia/Tokyo", "datestyle", "ISO,DMY");
        try (TestCluster cluster = TestCluster.start(TestCluster.programs(), onTheCommandLine)) {
            cluster.run(
                    "homelab",
                    "CREATE DATABASE wiki",
                    "ALTER SYSTEM SET extra_float_digits = -1",
                    "ALTER SYSTEM SET datestyle = 'SQL, MDY'",
                    "ALTER SYSTEM SET bytea_output = 'escape'",
                    "SELECT pg_reload_conf()",
                    "ALTER ROLE ALL SET intervalstyle = 'iso_8601'",
                    "ALTER ROLE ALL SET xmloption = 'document'",
                    "ALTER DATABASE wiki SET timezone = 'Europe/Berlin'",
                    "ALTER DATABASE wiki SET work_mem = '5MB'",
                    "ALTER DATABASE wiki SET app.rate = '19'",
                    "ALTER ROLE ALL SET \"App\".tenant = 'all'",
                    "ALTER DATABASE wiki SET plperl.on_init = 'code'",
                    "ALTER ROLE homelab SET bytea_output = 'hex'",
                    "ALTER ROLE homelab IN DATABASE wiki SET timezone = 'UTC'",
                    "ALTER ROLE homelab SET datestyle = 'ISO, MDY'",
                    "CREATE ROLE shop LOGIN",
                    "CREATE ROLE team",
                    "CREATE DATABASE team OWNER team",
                    "ALTER ROLE team SET timezone = 'UTC'",
                    "CREATE DATABASE shop OWNER shop",
                    "ALTER DATABASE shop SET timezone = 'Europe/Berlin'",
                    "ALTER DATABASE shop SET app.rate = '19'",
                    "ALTER ROLE shop IN DATABASE shop SET timezone = 'Asia/Tokyo'",
                    "ALTER ROLE shop SET datestyle = 'German'",
                    "ALTER ROLE shop SET app.rate = E'a\\\\b\nc'",
                    "ALTER DATABASE shop SET app.key = '" + "k".repeat(2000) + "'",
                    "ALTER DATABASE shop SET app.strange = E'x\\x1eTimeZone\\x1fUTC'",
                    "ALTER DATABASE shop SET \"PLPERL.on_init\" = 'code'");

            assertThat(of(cluster, "wiki"))
                    .containsEntry("TimeZone", "Europe/Berlin")
                    .containsEntry("DateStyle", "ISO,DMY")
                    .containsEntry("IntervalStyle", "iso_8601")
                    .containsEntry("extra_float_digits", "-1")
                    .containsEntry("bytea_output", "escape")
                    .containsEntry("xmloption", "document")
                    .containsEntry("app.rate", "19")
                    .containsEntry("App.tenant", "all")
                    .doesNotContainKeys("work_mem", "xmlbinary", "plperl.on_init");
            assertThat(of(cluster, "homelab"))
                    .containsEntry("TimeZone", "Asia/Tokyo")
                    .containsEntry("DateStyle", "ISO,DMY");
            assertThat(of(cluster, "team"))
                    .as("the owner is a role without login")
                    .containsEntry("TimeZone", "Asia/Tokyo");
            assertThat(of(cluster, "shop"))
                    .containsEntry("TimeZone", "Asia/Tokyo")
                    .containsEntry("DateStyle", "German")
                    .containsEntry("app.rate", "a\\b\nc")
                    .containsEntry("app.key", "k".repeat(2000))
                    .doesNotContainKeys("app.strange", "PLPERL.on_init");
        }
    }

    private static Map<String, String> of(TestCluster cluster, String database) throws Exception {
        cluster.server().majorVersion();
        return SettingsInForce.of(cluster.server(), UnprivilegedUser.ofThisProcess(), TestCluster.programs(), database);
    }
}
