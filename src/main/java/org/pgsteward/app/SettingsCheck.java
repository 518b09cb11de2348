package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.schedule.CronSchedule;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.ManifestKeys;
import org.pgsteward.camel.lint.Placeholders;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.Settings;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.io.Json;
import org.pgsteward.model.Nearest;
import org.pgsteward.model.Secret;
import org.pgsteward.monitor.OldLevels;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.login.TlsSettings;
import org.pgsteward.provision.Catalogue;

/** All that is wrong with the settings at once, each in one line that begins with the variable it is given by. */
public final class SettingsCheck {
    /** What is read in Java and has no value of its own that is shipped. */
    private static final Set<String> WITHOUT_DEFAULT = Set.of(
            "pgsteward.postgres.password",
            "pgsteward.postgres.container",
            "pgsteward.postgres.bindir",
            "pgsteward.postgres.sslrootcert",
            "pgsteward.postgres.data.dir",
            "pgsteward.scratch.dir",
            "pgsteward.secrets.place",
            "pgsteward.routes.types",
            "pgsteward.templates.dir",
            "pgsteward.catalogue.file",
            "pgsteward.timezone",
            "pgsteward.web.network",
            "pgsteward.backup.recipients",
            "pgsteward.backup.identity",
            "pgsteward.backup.manifest.key",
            "pgsteward.alerts.fallback");

    /** Not for us but for the launcher, which starts us with it. */
    private static final Set<String> NOT_OURS = Set.of("pgsteward.java.options");

    private final Settings settings;
    private final Map<String, String> wrong = new LinkedHashMap<>();

    private SettingsCheck(Settings settings) {
        this.settings = settings;
        port("pgsteward.postgres.port");
        port("pgsteward.http.port");
        reads("pgsteward.timezone", SettingsCheck::zone);
        reads("pgsteward.docker.host", (key, value) -> DockerEngine.checked(value));
        reads("pgsteward.postgres.bindir", SettingsCheck::programs);
        reads("pgsteward.postgres.data.dir", SettingsCheck::folder);
        reads("pgsteward.postgres.sslmode", (key, value) -> tls(settings));
        reads("pgsteward.postgres.sslrootcert", (key, value) -> tls(settings));
        reads("pgsteward.postgres.connect.timeout", (key, value) -> ServerAddress.checked(settings.duration(key)));
        reads("pgsteward.catalogue.file", (key, value) -> Catalogue.with(Json.mapper(), Path.of(value)));
        reads("pgsteward.idle.days", (key, value) -> settings.number(key));
        for (String time : List.of(
                "update.grace",
                "activity.keep",
                "backup.overdue.grace",
                "backup.stuck.after",
                "restore.forgotten.after",
                "alerts.failing.after")) {
            reads("pgsteward." + time, (key, value) -> settings.duration(key));
        }
        reads("pgsteward.backup.schedule", (key, value) -> schedule(value));
        reads("pgsteward.backup.base.schedule", (key, value) -> schedule(value));
        reads("pgsteward.backup.keep", RetentionPolicy::parse);
        reads("pgsteward.backup.shrink.warn", (key, value) -> settings.share(key));
        reads("pgsteward.backup.shrink.exempt", (key, value) -> settings.bytes(key));
        reads("pgsteward.backup.recipients", (key, value) -> AgeKeys.of(settings.words(key), Optional.empty()));
        if (!wrong.containsKey("pgsteward.backup.recipients")) {
            reads(
                    "pgsteward.backup.identity",
                    (key, value) ->
                            AgeKeys.of(settings.words("pgsteward.backup.recipients"), Optional.of(new Secret(value))));
        }
        reads("pgsteward.backup.manifest.key", (key, value) -> ManifestKeys.parsed(Optional.of(new Secret(value))));
        ReceiverSettings.faults(settings).forEach(this::add);
    }

    /** Of what pgsteward itself reads, by key. */
    public static Map<String, String> wrong(Settings settings) {
        return new SettingsCheck(settings).wrong;
    }

    /** The same, and of what the route files read. */
    public static Map<String, String> wrong(Settings settings, RouteFiles files) {
        SettingsCheck check = new SettingsCheck(settings);
        Placeholders placeholders = Placeholders.of(files);
        settings.given()
                .keySet()
                .forEach(key -> settings.get(key)
                        .flatMap(value -> placeholders.fault(key, value))
                        .ifPresent(fault -> check.add(key, key + " " + fault)));
        Set<String> receivers = files.receivers();
        for (String name : settings.words("pgsteward.alerts.fallback")) {
            if (!receivers.contains(name)) {
                String hint = Nearest.hint(name, receivers);
                check.add(
                        "pgsteward.alerts.fallback",
                        "pgsteward.alerts.fallback names '" + name + "', which is no receiver; "
                                + (hint.isEmpty() ? "there are " + String.join(", ", receivers) : hint));
            }
        }
        return check.wrong;
    }

    /** The variables that are set and that neither pgsteward nor a route file reads, each with what may be meant. */
    public static List<String> unknown(Settings settings, RouteFiles files) {
        Set<String> known = new HashSet<>(WITHOUT_DEFAULT);
        known.addAll(Settings.shippedKeys());
        known.addAll(Placeholders.of(files).keys());
        List<String> lines = new ArrayList<>();
        for (String key : new TreeSet<>(settings.given().keySet())) {
            if (!known.contains(key)
                    && !NOT_OURS.contains(key)
                    && OldLevels.of(key).isEmpty()) {
                String variable = settings.variable(key);
                String end = variable.length() > key.length() ? variable.substring(key.length()) : "";
                Set<String> names = new TreeSet<>();
                known.forEach(name -> names.add(settings.variable(name) + end));
                String hint = Nearest.hint(variable, names);
                lines.add(variable + " is no setting; "
                        + (hint.isEmpty() ? "no route file reads {{" + key + "}} either: take it out" : hint));
            }
        }
        return lines;
    }

    /** @throws IllegalArgumentException with the first of what is wrong, and how many more there are */
    static void require(Settings settings) {
        Map<String, String> wrong = wrong(settings);
        if (!wrong.isEmpty()) {
            String first = wrong.values().iterator().next();
            throw new IllegalArgumentException(
                    wrong.size() == 1 ? first : first + " (and " + (wrong.size() - 1) + " more; see: pgsteward check)");
        }
    }

    @FunctionalInterface
    private interface Reading {
        /** @throws IOException when a file that is named cannot be used */
        Object of(String key, String value) throws IOException;
    }

    private void reads(String key, Reading reading) {
        Optional<String> value = settings.get(key);
        if (value.isEmpty()) {
            return;
        }
        try {
            reading.of(key, value.get());
        } catch (IllegalArgumentException | IOException e) {
            String said = String.valueOf(e.getMessage());
            add(key, said.startsWith(key) ? said : key + ": " + said);
        }
    }

    private void add(String key, String line) {
        wrong.putIfAbsent(
                key,
                line.startsWith(key + " ") || line.startsWith(key + ":")
                        ? settings.variable(key) + line.substring(key.length())
                        : line);
    }

    private void port(String key) {
        reads(key, (same, value) -> settings.port(key));
    }

    private static ZoneId zone(String key, String value) {
        try {
            return ZoneId.of(value);
        } catch (DateTimeException e) {
            String hint = Nearest.hint(value, ZoneId.getAvailableZoneIds());
            throw new IllegalArgumentException(
                    key + " is '" + value + "', which is no time zone; "
                            + (hint.isEmpty() ? "write it like Europe/Berlin" : hint),
                    e);
        }
    }

    private static Path programs(String key, String value) {
        return path(value)
                .filter(folder -> Files.isExecutable(folder.resolve("pg_dump")))
                .orElseThrow(
                        () -> new IllegalArgumentException(key + " is '" + value + "', where there is no pg_dump"));
    }

    private static TlsSettings tls(Settings settings) throws IOException {
        TlsSettings tls = TlsSettings.parse(
                settings.require("pgsteward.postgres.sslmode"), settings.get("pgsteward.postgres.sslrootcert"));
        tls.check();
        return tls;
    }

    private static Path folder(String key, String value) {
        return path(value)
                .filter(Files::isDirectory)
                .orElseThrow(() -> new IllegalArgumentException(
                        key + " is '" + value + "', which is no folder that is seen here"));
    }

    /** Empty where no path can be written so. */
    private static Optional<Path> path(String value) {
        try {
            return Optional.of(Path.of(value));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private CronSchedule schedule(String value) {
        return new CronSchedule(value, ZoneId.of("UTC"));
    }
}
