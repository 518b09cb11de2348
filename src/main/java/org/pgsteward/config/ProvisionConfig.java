package org.pgsteward.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.io.Json;
import org.pgsteward.provision.Catalogue;

/** Rules for services' roles and databases, and the times after which a missing container is reported. */
public record ProvisionConfig(
        Path secrets,
        String secretsPlace,
        Optional<Path> catalogue,
        Set<String> extensions,
        Optional<String> webNetwork,
        int spares,
        Duration idleAfter,
        Duration updateGrace) {
    static final Section SECTION = new Section("Services", "");

    public static final Setting<Path> SECRETS = SECTION.setting(
            "pgsteward.secrets.dir",
            Paths.ABSOLUTE,
            "/run/secrets",
            "The only folder from which the label `pgsteward.password-file` may name files.");
    public static final Setting<String> SECRETS_PLACE = SECTION.optional(
            "pgsteward.secrets.place",
            Form.TEXT,
            "the same path",
            "Path of that folder on the host, for the lines that operators paste; in the image `secrets/services`.");
    public static final Setting<Path> CATALOGUE = SECTION.optional(
            "pgsteward.catalogue.file",
            Paths.AS_WRITTEN,
            "none",
            "File with applications of your own; here `_FILE` is part of the name.");
    public static final Setting<List<String>> EXTENSIONS = SECTION.setting(
            "pgsteward.extensions.allowed",
            Form.LIST,
            "btree_gin,btree_gist,citext,cube,earthdistance,fuzzystrmatch,hstore,intarray,isn,ltree,pg_trgm,pgcrypto,seg,"
                    + "tablefunc,tsm_system_rows,tsm_system_time,unaccent,uuid-ossp",
            "Extensions that a label may request and a dump may contain. All of these come with PostgreSQL, and none gives a role"
                    + " access beyond its database. A quoted blank allows none.");
    public static final Setting<String> WEB_NETWORK = SECTION.optional(
            "pgsteward.web.network",
            Form.TEXT,
            "none",
            "Network that every service with a web page should be on, such as `caddy`.");
    public static final Setting<Integer> SPARES = SECTION.setting(
            "pgsteward.spare.databases",
            Form.NUMBER,
            "1",
            "Empty databases of 7 MB, kept so that a new service has its database at once; at most 5, and `0` removes them.");
    public static final Setting<Integer> IDLE_DAYS = SECTION.setting(
            "pgsteward.idle.days",
            Form.NUMBER,
            "30",
            "Days without a container after which `service-idle` is raised for a service.");
    public static final Setting<Duration> UPDATE_GRACE = SECTION.setting(
            "pgsteward.update.grace",
            Form.TIME,
            "60s",
            "Time for which a container may be stopped or removed before `service-down` is raised, because an update creates it again.");

    static {
        SECTION.inRoutes("pgsteward.reconcile.period", "Time between two checks and repairs of roles and privileges.");
        SECTION.inRoutes("pgsteward.reconcile.delay", "Time from the start to the first check.");
        SECTION.inRoutes("pgsteward.retry.period", "Time until work that PostgreSQL did not finish is tried again.");
        SECTION.check(CATALOGUE, settings -> Catalogue.with(Json.mapper(), settings.value(CATALOGUE)));
    }

    public static ProvisionConfig of(Settings settings) {
        Path secrets = settings.value(SECRETS);
        return new ProvisionConfig(
                secrets,
                settings.find(SECRETS_PLACE).orElse(secrets.toString()),
                settings.find(CATALOGUE),
                Set.copyOf(settings.find(EXTENSIONS).orElse(List.of())),
                settings.find(WEB_NETWORK),
                settings.value(SPARES),
                Duration.ofDays(settings.value(IDLE_DAYS)),
                settings.value(UPDATE_GRACE));
    }
}
