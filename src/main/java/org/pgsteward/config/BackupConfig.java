package org.pgsteward.config;

import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.schedule.CronSchedule;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.ManifestKeys;
import org.pgsteward.model.Secret;

/**
 * Place, schedules and keys of backups.
 *
 * @param scratch folder of scratch clusters
 * @param schedule five-field cron schedule of dumps
 * @param baseSchedule five-field cron schedule of base backups; empty for never
 */
public record BackupConfig(
        Path store,
        Path scratch,
        String schedule,
        Optional<String> baseSchedule,
        int unchangedDays,
        AgeKeys keys,
        Optional<Secret> manifestKey) {
    static final Section SECTION = new Section("Backups", "");

    private static final Form<String> SCHEDULE_FORM = new Form<>("cron", (name, text) -> {
        new CronSchedule(text, ZoneId.of("UTC"));
        return text;
    });

    private static final int MOST_UNCHANGED_DAYS = 30;

    public static final Setting<Path> STORE =
            SECTION.setting("pgsteward.backup.dir", Paths.ABSOLUTE, "backups", "Folder of all backups (the store).");
    public static final Setting<Path> SCRATCH = SECTION.optional(
            "pgsteward.scratch.dir",
            new Form<>("path", (name, text) -> Path.of(text).toAbsolutePath()),
            "`scratch` in the state folder",
            "Folder of the throwaway clusters in which backups are verified. It needs space for the largest database.");
    public static final Setting<String> SCHEDULE = SECTION.setting(
            "pgsteward.backup.schedule",
            SCHEDULE_FORM,
            "0 3 * * *",
            "Schedule of dumps and globals: minute, hour, day of the month, month, day of the week.");
    public static final Setting<String> BASE_SCHEDULE = SECTION.setting(
            "pgsteward.backup.base.schedule",
            SCHEDULE_FORM,
            "30 3 * * 0",
            "Schedule of base backups, which contain the whole cluster; empty for never.",
            Setting.Trait.EMPTY_IS_OFF);
    public static final Setting<Integer> UNCHANGED_DAYS = SECTION.setting(
            "pgsteward.backup.unchanged.days",
            Form.NUMBER.limited("from 0 to " + MOST_UNCHANGED_DAYS, days -> days >= 0 && days <= MOST_UNCHANGED_DAYS),
            "7",
            "A dump with the content of the last verified backup shares its file and its verification. After this number of days at"
                    + " most (1 to 30), the file is restored and compared again. 0: each dump is stored and verified.");
    public static final Setting<List<String>> RECIPIENTS = SECTION.optional(
            "pgsteward.backup.recipients", Form.LIST, "none", "Public age keys with which backups are encrypted.");
    public static final Setting<Secret> IDENTITY = SECTION.optional(
            "pgsteward.backup.identity",
            Form.SECRET,
            "none",
            "Secret age key that decrypts them, to verify and restore.",
            Setting.Trait.SECRET,
            Setting.Trait.NOT_FOR_ROUTES);
    public static final Setting<Secret> MANIFEST_KEY = SECTION.optional(
            "pgsteward.backup.manifest.key",
            new Form<>("key", (name, text) -> {
                Secret keys = new Secret(text);
                ManifestKeys.parsed(Optional.of(keys));
                return keys;
            }),
            "`manifest_key` in the state folder",
            "Keys that sign the manifests of backups (HMAC-SHA256): 64 hexadecimal digits, one key a line. The first signs, and all"
                    + " verify. A base backup that none of them signed is not verified, unless the journal has the same file as"
                    + " verified.",
            Setting.Trait.SECRET,
            Setting.Trait.NOT_FOR_ROUTES,
            Setting.Trait.FILE_MAY_BE_MISSING);
    public static final Setting<Path> REQUESTS = SECTION.setting(
            "pgsteward.requests.dir",
            Paths.AS_WRITTEN,
            "requests",
            "Folder into which an automation writes requests for backups.");

    static {
        SECTION.inRoutes("pgsteward.requests.period", "Milliseconds between two listings of that folder.");
        SECTION.inRoutes("pgsteward.backup.tick", "Schedule of the check for due backups.");
        SECTION.check(RECIPIENTS, settings -> AgeKeys.of(settings.value(RECIPIENTS), Optional.empty()));
        // Wrong recipients are reported by the check above.
        SECTION.check(IDENTITY, settings -> hasRightRecipients(settings) ? keys(settings) : AgeKeys.NONE);
    }

    public static BackupConfig of(Settings settings) {
        return new BackupConfig(
                settings.value(STORE),
                settings.find(SCRATCH)
                        .orElseGet(() -> settings.value(DaemonConfig.STATE).resolve("scratch")),
                settings.value(SCHEDULE),
                settings.find(BASE_SCHEDULE),
                settings.value(UNCHANGED_DAYS),
                keys(settings),
                settings.find(MANIFEST_KEY));
    }

    private static boolean hasRightRecipients(Settings settings) {
        try {
            AgeKeys.of(settings.find(RECIPIENTS).orElse(List.of()), Optional.empty());
            return true;
        } catch (IllegalArgumentException wrong) {
            return false;
        }
    }

    private static AgeKeys keys(Settings settings) {
        return AgeKeys.of(settings.find(RECIPIENTS).orElse(List.of()), settings.find(IDENTITY));
    }
}
