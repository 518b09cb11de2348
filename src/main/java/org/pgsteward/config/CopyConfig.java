package org.pgsteward.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.backup.copy.CopyExposure;
import org.pgsteward.backup.copy.CopyHours;
import org.pgsteward.backup.copy.CopyTarget;
import org.pgsteward.backup.retention.RetentionPolicy;

/**
 * The targets of copies. Their route files read the settings that only one kind has. The rules of a target have the same
 * names for each target: {@code pgsteward.copy.NAME.keep}.
 */
public final class CopyConfig {
    static final Section SECTION = new Section(
            "Copies",
            "A target is switched on if its setting marked \"On if set\" has a value. A target of your own, such as `usb`, has the"
                    + " same settings under its own name: `PGSTEWARD_COPY_USB_KEEP`.");

    private static final String PREFIX = "pgsteward.copy.";

    /** A setting without which a target has no place. */
    private static final Pattern PLACE =
            Pattern.compile("(pgsteward\\.copy\\.[a-z][a-z0-9]{0,39})\\.(?:dir|remote|repository)");

    private static final Form<RetentionPolicy> POLICY = new Form<>("policy", RetentionPolicy::parse);

    private static final Form<CopyHours> HOURS = new Form<>(
            "hours",
            (name, text) -> CopyHours.read(text)
                    .orElseThrow(() -> new IllegalArgumentException(
                            name + " is '" + text.strip() + "', not hours such as 22:00-06:00")));

    static {
        SECTION.inRoutes(
                "pgsteward.copy.folder.dir",
                "Folder on another disk, such as a mounted NAS. It must exist.",
                Setting.Trait.SWITCH);
        SECTION.inRoutes(
                "pgsteward.copy.folder.mountpoint",
                "Mount that must be there. Without it, copies are refused instead of written to the wrong disk.");
        rules("folder");
        SECTION.inRoutes(
                "pgsteward.copy.rclone.remote",
                "Remote of rclone and the folder there, such as `nas:pgsteward`.",
                Setting.Trait.SWITCH);
        SECTION.optional(
                "pgsteward.copy.rclone.config",
                Form.SECRET,
                "none",
                "Content of an `rclone.conf` with this remote. SFTP needs `known_hosts_file` in it.",
                Setting.Trait.SECRET,
                Setting.Trait.NEEDED,
                Setting.Trait.NOT_FOR_ROUTES);
        rules("rclone");
        SECTION.optional(
                "pgsteward.copy.restic.repository",
                Form.SECRET,
                "none",
                "Repository of restic, such as `sftp://backup@nas:22//srv/restic` or `rest:https://user:pass@host/`."
                        + " `pgsteward check --copies` creates it if it does not exist.",
                Setting.Trait.SWITCH,
                Setting.Trait.SECRET,
                Setting.Trait.NOT_FOR_ROUTES);
        SECTION.optional(
                "pgsteward.copy.restic.password",
                Form.SECRET,
                "none",
                "Password of the repository. Nothing can be read without it: keep it apart from this host.",
                Setting.Trait.SECRET,
                Setting.Trait.NEEDED,
                Setting.Trait.NOT_FOR_ROUTES);
        SECTION.optional(
                "pgsteward.copy.restic.env",
                Form.SECRET,
                "none",
                "Variables of restic, such as `AWS_ACCESS_KEY_ID=...`, one a line.",
                Setting.Trait.SECRET,
                Setting.Trait.NOT_FOR_ROUTES);
        SECTION.inRoutes(
                "pgsteward.copy.restic.known.hosts",
                "File with the host keys for a repository by SFTP; `/run/pgsteward/known_hosts` if it exists.");
        SECTION.inRoutes(
                "pgsteward.copy.restic.keyfile",
                "File with the private key for a repository by SFTP; `/run/pgsteward/ssh_key` if it exists.");
        rules("restic");
        SECTION.inRoutes("pgsteward.copies.tick", "Schedule of the check for backups that are to be copied.");
        SECTION.inRoutes(
                "pgsteward.copies.drill.tick",
                "Schedule of the drill, which fetches copies from each target, restores them and compares their rows.");
        SECTION.inRoutes(
                "pgsteward.copies.drill.count", "Number of copies that each drill fetches from a target; 0 for none.");
        SECTION.inRoutes(
                "pgsteward.copies.overdue.tick", "Schedule of the check for targets that lack a verified backup.");
    }

    private CopyConfig() {}

    private static void rules(String target) {
        SECTION.optional(PREFIX + target + ".keep", POLICY, "as the store's", "Retention policy of the copies there.");
        SECTION.setting(
                PREFIX + target + ".overdue",
                Form.TIME,
                "36h",
                "Time for which it may lack a verified backup before `copy-overdue` fires.");
        SECTION.optional(
                PREFIX + target + ".hours",
                HOURS,
                "the whole day",
                "Hours at which copies may begin, such as `22:00-06:00`, in the time zone of `PGSTEWARD_TIMEZONE`. A copy that"
                        + " has begun ends.");
        SECTION.optional(
                PREFIX + target + ".bandwidth",
                Form.SIZE,
                "none",
                "Limit of an upload in bytes a second, such as `2m`.");
    }

    /** Returns the settings that switch on the operator's own targets, which have the settings of a shipped kind. */
    static List<String> ownTargets(Settings given) {
        return given.forRoutes().keySet().stream()
                .filter(name -> given.get(name).isPresent())
                .map(PLACE::matcher)
                .filter(Matcher::matches)
                .map(place -> place.group(1) + ".enabled")
                .toList();
    }

    /** Returns the names of the targets whose place is set. */
    public static Set<String> targets(Settings given) {
        return places(given).keySet().stream()
                .map(name -> name.substring(PREFIX.length(), name.lastIndexOf('.')))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the places of targets by the name of their setting. */
    private static Map<String, String> places(Settings given) {
        Map<String, String> places = new TreeMap<>();
        // A secret place, such as the address of a repository, is not for routes.
        Stream.concat(
                        given.forRoutes().keySet().stream(),
                        SECTION.settings().stream().map(Setting::name))
                .filter(name -> PLACE.matcher(name).matches())
                .distinct()
                .forEach(name -> given.get(name).ifPresent(place -> places.put(name, place)));
        return places;
    }

    /**
     * Returns a sentence about each target whose copies leave this host without encryption. Backups with recipients are
     * encrypted.
     */
    public static SortedMap<String, String> exposed(Settings given, boolean encrypts) {
        SortedMap<String, String> exposed = new TreeMap<>();
        if (encrypts) {
            return exposed;
        }
        places(given).forEach((setting, place) -> {
            String base = setting.substring(0, setting.lastIndexOf('.'));
            Optional<String> why = Optional.empty();
            if (setting.endsWith(".dir")) {
                why = CopyExposure.ofFolder(Path.of(place));
            } else if (setting.endsWith(".remote")) {
                why = given.get(base + ".config").flatMap(config -> CopyExposure.ofRemote(place, config));
            }
            String target = base.substring(PREFIX.length());
            why.ifPresent(reason -> exposed.put(
                    target,
                    "The copies at " + target
                            + " leave this host without encryption: PGSTEWARD_BACKUP_RECIPIENTS is not set," + " and "
                            + reason + "."));
        });
        return exposed;
    }

    /** Returns the variables that switch on the shipped targets, by the name of the target. */
    public static SortedMap<String, String> switches() {
        SortedMap<String, String> switches = new TreeMap<>();
        SECTION.settings().stream()
                .filter(setting -> setting.is(Setting.Trait.SWITCH))
                .forEach(setting -> switches.put(setting.receiver().substring(PREFIX.length()), setting.variable()));
        return switches;
    }

    /**
     * Returns the rules of a target, also of one in an operator's own route file.
     *
     * @throws IllegalArgumentException if a setting is wrong, with its name and value
     */
    public static CopyTarget target(Settings settings, String name) {
        return new CopyTarget(
                name,
                read(settings, name, "keep", POLICY),
                read(settings, name, "overdue", Form.TIME).orElse(CopyTarget.OVERDUE),
                read(settings, name, "hours", HOURS).orElse(CopyHours.ALWAYS),
                read(settings, name, "bandwidth", Form.SIZE).orElse(0L));
    }

    private static <T> Optional<T> read(Settings settings, String target, String rule, Form<T> form) {
        String setting = PREFIX + target + "." + rule;
        return settings.get(setting).map(text -> form.reading().read(setting, text));
    }
}
