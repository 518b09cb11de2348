package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.NeedsPostgres;

/** A restore has only the privileges of the service, and a refused restore changes nothing. */
@NeedsPostgres
class HostileRestoreIT extends OnRestoreHost {
    @Test
    void refusesInvalidTargetsAndTouchesNoDatabase() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT 1 AS n");
        List<String> before = databases();

        restores.refused(
                restores.order(service, service),
                "cannot create database " + service + ": it exists; choose another name");
        restores.refused(restores.order(service, "x".repeat(64)), "a name has 1 to 63 bytes");
        restores.refused(restores.order(service, ""), "a name has 1 to 63 bytes");
        restores.refused(restores.order(service, "pgsteward_restore_0123abcd"), "are reserved for running restores");
        restores.refused(restores.order(service, "pgsteward_spare_1"), "pgsteward_spare_... for new services");
        restores.refused(
                new Restore.Order(restores.order(service, "nobodys").backup(), "nobody", "nobodys"),
                "role nobody, the owner of the database, does not exist");
        assertThatThrownBy(() -> wiring.restore.replace(restores.order(service, "not_there"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessage("cannot replace database not_there: it does not exist; use --into not_there");
        for (String never : List.of("homelab", "postgres", "template1")) {
            assertThatThrownBy(() -> wiring.restore.replace(restores.order(service, never), RestoreProgress.QUIET))
                    .isInstanceOf(Refusal.class)
                    .hasMessageContaining(": the running server needs it");
        }
        assertThat(databases()).isEqualTo(before);
    }

    @Test
    void refusesADamagedOrMissingFileBeforeAnyChange() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT 1 AS n");
        Restore.Order order = restores.order(service, service + "_back");
        Path file = host.store().resolve(order.backup().path());
        List<String> before = databases();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        restores.refused(order, "the SHA-256 of the file is ");
        Files.delete(file);
        restores.refused(order, "is missing; 'pgsteward backups' lists the other backups");
        assertThat(databases()).isEqualTo(before);
    }

    @Test
    void anExtensionThatIsNotAllowedIsRefusedByName() throws Exception {
        String service = restores.service("CREATE EXTENSION hstore SCHEMA public");
        Wiring strict = host.wiring("pgsteward.extensions.allowed", "citext");
        assertThatThrownBy(() -> strict.restore.into(restores.order(service, service + "_back"), RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("needs extensions that are not allowed: hstore")
                .hasMessageContaining("PGSTEWARD_EXTENSIONS_ALLOWED");
    }

    @Test
    void aManifestWithOtherCountsLeavesNoDatabase() throws Exception {
        String service = restores.service("CREATE TABLE public.t AS SELECT generate_series(1, 10)");
        Restore.Order order = restores.order(service, service + "_back");
        Path manifest = host.store().resolve(order.backup().path() + ".manifest.json");
        Manifests.write(manifest, Files.readString(manifest).replace("\"public.t\" : 10", "\"public.t\" : 11"));

        assertThatThrownBy(() -> wiring.restore.into(restores.order(service, service + "_back"), RestoreProgress.QUIET))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("public.t has 10 rows, not 11");

        assertThat(databases()).doesNotContain(service + "_back");
        Manifests.write(manifest, Files.readString(manifest).replace("\"public.t\" : 11", "\"t; DROP ROLE x\" : 11"));
        assertThat(Inventory.of(wiring.store).of(service)).isEmpty();
        assertThat(Inventory.of(wiring.store).unreadable().get(order.backup().path() + ".manifest.json"))
                .contains("an invalid table name: t; DROP ROLE x");
    }

    /** Returns statements for a table with code that runs during a restore. */
    private static String[] trap(String attempt) {
        return new String[] {
            "SET search_path = public",
            "CREATE FUNCTION fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
            "CREATE TABLE trap (n INT CHECK (fine(n)))",
            "INSERT INTO trap VALUES (1)",
            "CREATE OR REPLACE FUNCTION fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS $f$ BEGIN " + attempt
                    + " RETURN true; END $f$"
        };
    }

    @Test
    void codeBeyondTheServicesRightsStopsTheRestore() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + UUID.randomUUID());
        String service = restores.service(trap("EXECUTE $x$ COPY (SELECT 1) TO PROGRAM 'touch " + marker + "' $x$;"));

        assertThatThrownBy(() -> wiring.restore.into(restores.order(service, service + "_back"), RestoreProgress.QUIET))
                .hasMessageContaining("it contains an object that only a superuser can create");

        assertThat(marker).doesNotExist();
        assertThat(databases()).doesNotContain(service + "_back");
    }

    @Test
    void codeThatHidesItsErrorsGainsNoRights() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + UUID.randomUUID());
        StringBuilder tries = new StringBuilder();
        for (String attempt : List.of(
                "RESET ROLE",
                "RESET SESSION AUTHORIZATION",
                "SET SESSION AUTHORIZATION homelab",
                "SET ROLE homelab",
                "SET ROLE pg_execute_server_program",
                "ALTER ROLE CURRENT_USER SUPERUSER",
                "ALTER ROLE SESSION_USER SUPERUSER",
                "GRANT homelab TO CURRENT_USER",
                "GRANT pg_execute_server_program TO SESSION_USER",
                "CREATE ROLE made_by_a_dump SUPERUSER",
                "COPY (SELECT 1) TO PROGRAM ''touch " + marker + "''",
                "COPY (SELECT 1) TO ''" + marker + "''",
                "CREATE FUNCTION c() RETURNS INT LANGUAGE c AS ''libc'', ''system''",
                "DROP DATABASE homelab")) {
            tries.append("BEGIN EXECUTE '").append(attempt).append("'; EXCEPTION WHEN OTHERS THEN NULL; END; ");
        }
        String service = restores.service(trap(tries.toString()));

        Restore.Done done = wiring.restore.into(restores.order(service, service + "_back"), RestoreProgress.QUIET);

        assertThat(done.rows()).isEqualTo(1);
        assertThat(marker).doesNotExist();
        assertThat(restores.rows("SELECT rolname FROM pg_roles WHERE rolsuper OR rolname = 'made_by_a_dump'"))
                .containsExactly("homelab");
        assertThat(restores.rows("SELECT member::regrole::text FROM pg_auth_members WHERE member >= 16384"))
                .isEmpty();
        assertThat(Contents.rows(
                        server,
                        service + "_back",
                        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE oid >= 16384"
                                + " UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid >= 16384"))
                .containsExactly(service);
    }

    @Test
    void theAdministratorRunsNoForgedDatabaseSetting() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run("homelab", "ALTER DATABASE " + database + " SET app.x = '" + "x".repeat(100) + "'");
        restores.backUp(database);
        Restore.Order order = restores.stored(database, "homelab", database + "_back");
        Path file = host.store().resolve(order.backup().path());
        byte[] archive = new com.github.luben.zstd.ZstdInputStream(Files.newInputStream(file)).readAllBytes();
        String text = new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1);
        String said = text.substring(text.indexOf("ALTER DATABASE " + database + " SET "));
        said = said.substring(0, said.indexOf(';'));
        String begin =
                "ALTER DATABASE " + database + " SET app.x TO $a$ ' $a$; CREATE ROLE mallory SUPERUSER LOGIN; --";
        String hostile = begin + " ".repeat(said.length() - begin.length() - 1) + "'";
        byte[] stored = com.github.luben.zstd.Zstd.compress(
                text.replace(said, hostile).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        Files.write(file, stored);
        Path manifest = host.store().resolve(order.backup().path() + ".manifest.json");
        Manifests.write(
                manifest,
                Files.readString(manifest)
                        .replace(
                                order.backup().manifest().file().sha256(),
                                java.util.HexFormat.of()
                                        .formatHex(java.security.MessageDigest.getInstance("SHA-256")
                                                .digest(stored))));

        Restore.Done done =
                wiring.restore.into(restores.stored(database, "homelab", database + "_back"), RestoreProgress.QUIET);

        assertThat(restores.rows("SELECT rolname FROM pg_roles WHERE rolname = 'mallory'"))
                .isEmpty();
        assertThat(done.notes())
                .containsExactly(
                        "1 of the statements about the database were not run: pg_dump does not write such statements");
    }

    @Test
    void aDatabaseWithCodeIsNotRestoredToASuperuser() throws Exception {
        String plain = host.cluster().newDatabase();
        host.cluster().run(plain, "CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n");
        restores.backUp(plain);
        String code = host.cluster().newDatabase();
        host.cluster().run(code, "CREATE VIEW public.logins AS SELECT * FROM pg_catalog.pg_authid");
        restores.backUp(code);

        wiring.restore.into(restores.stored(plain, "homelab", plain + "_back"), RestoreProgress.QUIET);
        restores.refused(
                restores.stored(code, "homelab", code + "_back"),
                "it contains view public.logins, which would run with the role's powers");

        assertThat(Contents.of(server, plain + "_back")).isEqualTo(Contents.of(server, plain));
        assertThat(restores.rows(
                        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '" + plain + "_back'"))
                .containsExactly("homelab");
    }

    private List<String> databases() throws SQLException {
        return restores.rows("SELECT datname FROM pg_database ORDER BY 1");
    }
}
