package org.pgsteward.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.config.Settings;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Size;
import org.pgsteward.postgres.NoConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code backups}: lists the store, newest first. */
@Command(
        name = "backups",
        description = {
            "List the backups in the store, newest first: of all services, or of one.",
            "The states come from the journal. While PostgreSQL is unavailable, they are unknown."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward backups                 all backups",
            "  pgsteward backups vikunja         backups of one service",
            "  pgsteward backups --sets          backups of each night, and missing ones",
            "  pgsteward backups --plan          what retention would remove now",
            "  pgsteward backups --plan vikunja  each backup of one service, with the rule",
            "  pgsteward backups --at folder     copies at the target folder",
            "  pgsteward backups --json | jq -r '.backups[].file'"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class BackupsCommand implements Callable<Integer> {
    private static final int MOST_LINES = 20;

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Option(names = "--sets", description = "Backup sets instead: the backups of each night, and the missing ones.")
    private boolean sets;

    @Option(names = "--plan", description = "The backups that retention would remove now, with its reasons.")
    private boolean plan;

    @Option(names = "--at", paramLabel = "TARGET", description = "Backups at a target of copies instead.")
    private @Nullable String at;

    @Parameters(arity = "0..1", paramLabel = "SERVICE", description = "Only backups of this service.")
    private @Nullable String service;

    @Override
    public Integer call() throws Exception {
        if (sets && service != null) {
            throw new Refusal("backups --sets takes no SERVICE: a set has the backups of all services");
        }
        if (Stream.of(sets, plan, at != null).filter(Boolean::booleanValue).count() > 1) {
            throw new Refusal("backups takes only one of --sets, --plan and --at");
        }
        if (at != null) {
            return TargetList.print(at, service, json, spec);
        }
        Wiring wiring = Wiring.to(AccessMode.LIST, Settings.from(System.getenv()));
        if (sets) {
            SetList.print(wiring, json, spec.commandLine().getOut());
            return 0;
        }
        if (plan) {
            new PlanList(wiring, spec).print(service, json);
            return 0;
        }
        Inventory inventory = Files.isDirectory(wiring.store.root())
                ? Inventory.of(wiring.store)
                : new Inventory(List.of(), Map.of());
        List<StoredBackup> stored = inventory.backups().stream()
                .filter(backup -> service == null
                        || service.equals(backup.manifest().source().service()))
                .toList();
        if (service != null && stored.isEmpty()) {
            throw VerifyCommand.noBackup(service, inventory, wiring);
        }
        List<Manifest> manifests = stored.stream().map(StoredBackup::manifest).toList();
        Map<String, BackupRow> judgements = judgements(wiring, manifests);
        var out = spec.commandLine().getOut();
        if (json) {
            // The spelling of the manifest files.
            ObjectMapper spelling = wiring.json.copy().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
            // Written one by one: each may name tens of thousands of tables.
            String separator = "{\"backups\":[";
            for (StoredBackup one : stored) {
                ObjectNode backup = spelling.valueToTree(wiring.store.whole(one).manifest());
                backup.set("caveats", spelling.valueToTree(caveats(judgements, one.manifest())));
                backup.put("state", state(judgements, one.manifest()))
                        .put("pinned", pin(wiring, judgements, one))
                        .put("signature", one.signature().name().toLowerCase(Locale.ROOT))
                        .put("altered", inventory.alteration(one).isPresent());
                out.print(separator);
                out.print(wiring.json.writeValueAsString(backup));
                separator = ",";
            }
            out.println(stored.isEmpty() ? separator + "]}" : "]}");
            complain(wiring.store, inventory, stored);
            return 0;
        }
        Instant now = wiring.clock.instant();
        if (manifests.isEmpty()) {
            out.println(
                    inventory.unreadable().isEmpty()
                            ? nothing(wiring)
                            : "No backup in " + wiring.store.root() + " can be read.");
            complain(wiring.store, inventory, stored);
            return 0;
        }
        Colours colours = Colours.ofStandardOutput();
        TextTable table = new TextTable(colours, "SERVICE", "KIND", "BEGUN", "AGE>", "SIZE>", "STATE", "FILE");
        List<String> pins = new ArrayList<>();
        DateTimeFormatter clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ENGLISH)
                .withZone(wiring.zone);
        for (StoredBackup backup : stored) {
            Manifest manifest = backup.manifest();
            String pin = pin(wiring, judgements, backup);
            if (pin != null) {
                pins.add(OneLine.of(manifest.file().name(), 300) + " is pinned " + OneLine.of(pin, 400));
            }
            table.row(
                    OneLine.of(manifest.source().service(), 60),
                    manifest.source().kind(),
                    clock.format(manifest.run().startedAt()),
                    age(manifest.run().startedAt(), now),
                    Size.words(manifest.file().sizeBytes()),
                    shownState(wiring.store, inventory, backup, judgements, colours),
                    manifest.file().name());
        }
        table.print(out);
        pins.forEach(out::println);
        printCaveats(stored, judgements, colours, out);
        printKept(wiring, now);
        out.flush();
        complain(wiring.store, inventory, stored);
        return 0;
    }

    /** Returns the journal's caveats if the verification has a result; otherwise those from the time of the dump. */
    private static List<String> caveats(Map<String, BackupRow> judgements, Manifest manifest) {
        BackupRow judgement = judgements.get(manifest.identity().eventId());
        return judgement == null || judgement.state() == BackupState.MADE ? manifest.caveats() : judgement.caveats();
    }

    /** Prints the caveats of each database's newest backup. */
    private static void printCaveats(
            List<StoredBackup> stored, Map<String, BackupRow> judgements, Colours colours, PrintWriter out) {
        Set<String> seen = new HashSet<>();
        for (StoredBackup backup : stored) {
            Manifest manifest = backup.manifest();
            if (seen.add(manifest.source().kind() + " " + manifest.source().service())) {
                caveats(judgements, manifest)
                        .forEach(caveat -> out.println(colours.warning(
                                OneLine.of(manifest.source().service(), 60) + ": " + OneLine.of(caveat, 1000))));
            }
        }
    }

    /** Prints the databases that restores made or kept: they have no backup, and they use disk space. */
    private void printKept(Wiring wiring, Instant now) {
        try {
            for (KeptDatabase kept : wiring.targets.kept()) {
                spec.commandLine()
                        .getOut()
                        .println("Not backed up: database " + OneLine.of(kept.name(), 80) + " ("
                                + Size.words(kept.sizeBytes()) + "), "
                                + (kept.replaced() ? "replaced by" : "made by") + " a restore of "
                                + OneLine.of(kept.service(), 60) + " " + age(kept.since(), now) + " ago.");
            }
        } catch (SQLException unavailable) {
            // The query of the states has reported this already.
        }
    }

    /** Prints the files in the store that are damaged, altered or unknown. */
    private void complain(Store store, Inventory inventory, List<StoredBackup> stored) {
        List<String> lines = new ArrayList<>();
        stored.forEach(backup -> inventory
                .alteration(backup)
                .map(reason -> ": " + reason)
                .or(() -> problem(store, backup).map(reason -> " " + OneLine.of(reason, 400)))
                .ifPresent(reason -> lines.add(OneLine.of(backup.path(), 300) + reason)));
        // Folders come first, because their lines count the files that are not named.
        inventory.unreadable().entrySet().stream()
                .sorted(Map.Entry.comparingByKey(Comparator.comparing((String path) -> !path.endsWith("/"))
                        .thenComparing(Comparator.naturalOrder())))
                .forEach(entry -> lines.add(
                        OneLine.of(entry.getKey(), 300) + " cannot be read: " + OneLine.of(entry.getValue(), 400)));
        PrintWriter err = spec.commandLine().getErr();
        lines.stream().limit(MOST_LINES).forEach(line -> err.println("pgsteward: " + line));
        if (lines.size() > MOST_LINES) {
            err.println("pgsteward: " + (lines.size() - MOST_LINES) + " more faults");
        }
        err.flush();
    }

    /** Returns the reason of a pin; null if there is none. The pin of an image change is known from the journal only. */
    private static @Nullable String pin(Wiring wiring, Map<String, BackupRow> judgements, StoredBackup backup) {
        BackupRow judgement = judgements.get(backup.manifest().identity().eventId());
        return wiring.store
                .pins()
                .reason(backup.path())
                .or(() -> Optional.ofNullable(judgement).flatMap(BackupRow::pinned))
                .orElse(null);
    }

    /** Returns the fault of a file that is missing, or that has another size. Its contents are not read. */
    private static Optional<String> problem(Store store, StoredBackup backup) {
        return store.problem(backup.path(), backup.manifest().file().sizeBytes());
    }

    private static Ansi.Text shownState(
            Store store, Inventory inventory, StoredBackup backup, Map<String, BackupRow> judgements, Colours colours) {
        if (inventory.alteration(backup).isPresent()) {
            return colours.critical("altered");
        }
        return problem(store, backup).isPresent()
                ? colours.critical("damaged")
                : colours.state(state(judgements, backup.manifest()));
    }

    private static String state(Map<String, BackupRow> judgements, Manifest manifest) {
        BackupRow judgement = judgements.get(manifest.identity().eventId());
        return judgement == null ? "unknown" : judgement.state().word();
    }

    /**
     * Returns the states by the journal's key. A state is unknown if the journal does not have the backup, or if
     * PostgreSQL is unavailable.
     */
    private Map<String, BackupRow> judgements(Wiring wiring, List<Manifest> manifests) {
        Map<String, BackupRow> judgements = new HashMap<>();
        try {
            wiring.rows
                    .judgements(new TreeSet<>(manifests.stream()
                            .map(manifest -> manifest.source().service())
                            .toList()))
                    .forEach((event, judgement) -> judgements.put(event.toString(), judgement));
        } catch (SQLException e) {
            spec.commandLine()
                    .getErr()
                    .println("pgsteward: cannot read the states of backups from the journal: " + NoConnection.words(e));
        }
        return judgements;
    }

    static String nothing(Wiring wiring) {
        Path root = wiring.store.root();
        return wiring.typing.of((Files.isDirectory(root)
                        ? "There are no backups in " + root
                        : "There is no folder " + root + " yet (PGSTEWARD_BACKUP_DIR)")
                + "; 'pgsteward backup --all' makes backups"
                + Place.demonstration("backups").map(demo -> "; " + demo).orElse("") + ".");
    }

    static String age(Instant then, Instant now) {
        return Elapsed.roughly(Duration.between(then, now));
    }
}
