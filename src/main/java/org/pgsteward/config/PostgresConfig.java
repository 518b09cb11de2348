package org.pgsteward.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.login.TlsMode;
import org.pgsteward.postgres.login.TlsSettings;

/** Address of the managed PostgreSQL, and the way of access to it. */
public record PostgresConfig(
        ServerAddress address, Optional<String> container, Optional<Path> programs, Optional<Path> data) {
    static final Section SECTION = new Section("PostgreSQL", "");

    public static final Setting<String> HOST = SECTION.setting(
            "pgsteward.postgres.host", Form.TEXT, "postgresql", "Host name or address of the managed PostgreSQL.");
    public static final Setting<Integer> PORT =
            SECTION.setting("pgsteward.postgres.port", Form.PORT, "5432", "Port of PostgreSQL.");
    public static final Setting<String> USER = SECTION.setting(
            "pgsteward.postgres.user", Form.TEXT, "homelab", "Administrator of PostgreSQL, a superuser.");
    public static final Setting<Secret> PASSWORD = SECTION.optional(
            "pgsteward.postgres.password",
            Form.SECRET,
            "none, must be set",
            "Password of the administrator. It is used with SCRAM only. Prefer `PGSTEWARD_POSTGRES_PASSWORD_FILE`: every process"
                    + " of the same user can read the environment of pgsteward in `/proc`. Programs that pgsteward starts do"
                    + " not get it.",
            Setting.Trait.SECRET,
            Setting.Trait.NOT_FOR_ROUTES);
    public static final Setting<String> DATABASE = SECTION.setting(
            "pgsteward.postgres.database",
            Form.TEXT,
            "homelab",
            "Management database, which has the tables of pgsteward.");
    public static final Setting<TlsMode> SSLMODE = SECTION.setting(
            "pgsteward.postgres.sslmode",
            new Form<>("mode", TlsMode::parse),
            "prefer",
            "Encryption of connections, as in libpq: `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`. Below"
                    + " `verify-full` a machine between pgsteward and PostgreSQL, or a container that answers to the name of"
                    + " PostgreSQL, learns no password, but can add statements of its own as the administrator. Inside the"
                    + " internal network of one host, `postgres-name-taken` alerts on such a container.");
    public static final Setting<Path> SSLROOTCERT = SECTION.optional(
            "pgsteward.postgres.sslrootcert",
            Paths.AS_WRITTEN,
            "none",
            "PEM file of the authority that signed the certificate of PostgreSQL. `verify-ca` and `verify-full` need it.");
    public static final Setting<Duration> CONNECT_TIMEOUT = SECTION.setting(
            "pgsteward.postgres.connect.timeout",
            Form.TIME.limited("within 1s to 10m", PostgresConfig::isPatient),
            "10s",
            "Limit of one attempt to connect and log in. Commands, dumps and restores try three times.");
    public static final Setting<String> CONTAINER = SECTION.optional(
            "pgsteward.postgres.container",
            Form.TEXT,
            "found by its host name",
            "Name of the container in which PostgreSQL runs.");
    public static final Setting<Path> PROGRAMS = SECTION.optional(
            "pgsteward.postgres.bindir",
            Paths.AS_WRITTEN,
            "found, of the server's major version",
            "Folder with `pg_dump`, `initdb` and the other programs of PostgreSQL.");
    public static final Setting<Path> DATA = SECTION.optional(
            "pgsteward.postgres.data.dir",
            Paths.AS_WRITTEN,
            "none",
            "Folder in which pgsteward sees the data of the server, to measure the free space of the disk. pgsteward reads no file in it.");

    static {
        SECTION.check(PROGRAMS, PostgresConfig::checkedPrograms);
        SECTION.check(DATA, PostgresConfig::checkedData);
        SECTION.check(SSLMODE, PostgresConfig::checkedTls);
        SECTION.check(SSLROOTCERT, PostgresConfig::checkedTls);
    }

    /**
     * Reads the settings.
     *
     * @throws NotSet if the password is not set
     */
    public static PostgresConfig of(Settings settings) {
        return of(settings, settings.value(PASSWORD));
    }

    /** Reads the settings for work that does not need PostgreSQL. Without a password, PostgreSQL is not contacted. */
    public static PostgresConfig withoutPassword(Settings settings) {
        return of(settings, settings.find(PASSWORD).orElse(ServerAddress.NO_PASSWORD));
    }

    private static PostgresConfig of(Settings settings, Secret password) {
        return new PostgresConfig(
                new ServerAddress(
                        settings.value(HOST),
                        settings.value(PORT),
                        settings.value(USER),
                        password,
                        settings.value(DATABASE),
                        tls(settings),
                        settings.value(CONNECT_TIMEOUT)),
                settings.find(CONTAINER),
                settings.find(PROGRAMS),
                settings.find(DATA));
    }

    /** Returns the name of PostgreSQL's container, for commands that operators paste. */
    public String containerName() {
        return container.orElse(address.host());
    }

    private static boolean isPatient(Duration timeout) {
        return timeout.compareTo(Duration.ofSeconds(1)) >= 0 && timeout.compareTo(Duration.ofMinutes(10)) <= 0;
    }

    private static TlsSettings tls(Settings settings) {
        return new TlsSettings(settings.value(SSLMODE), settings.find(SSLROOTCERT));
    }

    private static TlsSettings checkedTls(Settings settings) throws IOException {
        TlsSettings tls = tls(settings);
        tls.check();
        return tls;
    }

    private static Path checkedPrograms(Settings settings) {
        Path folder = settings.value(PROGRAMS);
        if (!Files.isExecutable(folder.resolve("pg_dump"))) {
            throw wrong(settings, PROGRAMS, "which has no pg_dump");
        }
        return folder;
    }

    private static Path checkedData(Settings settings) {
        Path folder = settings.value(DATA);
        if (!Files.isDirectory(folder)) {
            throw wrong(settings, DATA, "which is not a folder that pgsteward can see");
        }
        return folder;
    }

    private static IllegalArgumentException wrong(Settings settings, Setting<?> setting, String why) {
        String text = settings.get(setting.name()).orElse("");
        return new IllegalArgumentException(setting.name() + " is '" + text + "', " + why);
    }
}
