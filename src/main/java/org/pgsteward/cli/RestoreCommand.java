package org.pgsteward.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.restore.RestoreProgress;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.BackupConfig;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Activity;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Count;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Quote;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Restores a backup into the managed server. */
@Command(
        name = "restore",
        description = {
            "Restore a backup into a new database (--into), or replace the live database (--replace).",
            "Without --backup and --at, restore the newest unaltered backup of SERVICE.",
            "With --all: restore roles, databases and journal onto an empty server, from a store alone.",
            "With --from: take the backups from a target of copies, or from another folder than the store.",
            "Exit code 0 if all row counts equal the manifest. A failure leaves the live database unchanged."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward restore vikunja --into vikunja_back    under a new name",
            "  pgsteward restore vikunja --replace              replaces the live database",
            "  pgsteward restore vikunja --replace --at '2026-01-31 03:00'",
            "  pgsteward restore vikunja --from rclone --into vikunja_back",
            "  pgsteward restore --all --from rclone            onto an empty server",
            "  pgsteward restore --all --from /path/to/backups"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class RestoreCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--backup",
            paramLabel = "ID",
            description = "The backup to restore, by its id or its path in the store.")
    private @Nullable String backup;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description =
                    "The newest backup that is not after TIME (2026-01-31T03:00:00Z, or local time without zone).")
    private @Nullable String at;

    @Option(names = "--into", paramLabel = "DATABASE", description = "Name of the new database.")
    private @Nullable String into;

    @Option(names = "--replace", description = "Replace the live database and keep it under another name.")
    private boolean replace;

    @Option(names = "--force", description = "With --into: accept any name of a database.")
    private boolean force;

    @Option(names = "--all", description = "Restore everything onto an empty server.")
    private boolean all;

    @Option(
            names = "--from",
            paramLabel = "PLACE",
            description = "Name of a target of copies, or folder of a store that is not the configured folder.")
    private @Nullable String from;

    @Option(
            names = "--trust-globals",
            description = "With --all: create superusers and other powerful roles without a valid signature.")
    private boolean trustGlobals;

    @Parameters(arity = "0..1", paramLabel = "SERVICE", description = "Service or database of the backup.")
    private @Nullable String service;

    @Override
    public Integer call() throws Exception {
        checkUsage();
        Settings settings = Settings.from(System.getenv());
        Wiring home = new Wiring(settings);
        FromPlace place = from == null ? null : FromPlace.of(from, home);
        if (place == null) {
            return all ? everything(home) : one(home, home, chosen(home, Optional.empty()));
        }
        if (place.name().isEmpty()) {
            Wiring other = in(place.folder(), settings);
            return all ? everything(other) : one(home, other, chosen(other, Optional.empty()));
        }
        try (TargetAccess target = TargetAccess.open(place.name().get(), home)) {
            return all ? everything(home, target) : one(home, target, settings);
        }
    }

    private static Wiring in(Path store, Settings settings) throws IOException {
        return new Wiring(settings.with(Map.of(BackupConfig.STORE.name(), store.toString())));
    }

    private int everything(Wiring wiring) throws Exception {
        return new FullRestore(
                        wiring, spec.commandLine().getOut(), spec.commandLine().getErr())
                .run(trustGlobals);
    }

    private int everything(Wiring wiring, TargetAccess target) throws Exception {
        prepare(wiring);
        wiring.recovery.requireEmptyServer();
        List<String> missing =
                new TargetBackups(target, wiring, spec.commandLine().getErr()).fetchNewest();
        int code = everything(wiring);
        missing.forEach(line -> spec.commandLine().getOut().println("missing: " + line));
        return missing.isEmpty() ? code : 1;
    }

    private int one(Wiring home, TargetAccess target, Settings settings) throws Exception {
        prepare(home);
        TargetBackups backups =
                new TargetBackups(target, home, spec.commandLine().getErr());
        backups.list();
        Wiring other = in(target.catalogue().root(), settings);
        StoredBackup wanted = chosen(other, Optional.of(target.target()));
        if (wanted.kind() != BackupKind.DUMP) {
            throw new Refusal(
                    "cannot restore " + wanted.path() + ": it is not a dump of one database; use the commands in"
                            + " RECOVERY.md at " + target.target()
                            + ", or 'pgsteward restore --all --from " + target.target() + "' for an empty server");
        }
        return one(home, other, backups.fetch(wanted));
    }

    /**
     * Restores a backup.
     *
     * @param home with the configured store, whose leftovers the start-up recovery removes
     * @param wiring with the store of the backup
     */
    private int one(Wiring home, Wiring wiring, StoredBackup chosen) throws Exception {
        prepare(home);
        List<Enrolment> enrolled = wiring.tables.services().enrolments();
        RestorePlace place = RestorePlace.of(chosen.manifest(), enrolled);
        if (replace) {
            List<String> there = wiring.targets.all(BackupKind.DUMP).stream()
                    .map(found -> found.target().database())
                    .toList();
            RestorePlace.notReplacing(chosen.manifest(), enrolled, there).ifPresent(because -> {
                throw new Refusal(because);
            });
        }
        Restore.Order order = new Restore.Order(chosen, place.owner(), into == null ? place.database() : into);
        RestoreProgress progress = TerminalProgress.of(spec.commandLine().getErr(), lastTime(wiring, chosen));
        Restore.Done done;
        try {
            done = replace ? wiring.restore.replace(order, progress) : wiring.restore.into(order, progress);
        } finally {
            TerminalProgress.end(progress);
        }
        print(done, wiring);
        record(wiring, place.service(), done);
        return 0;
    }

    /** Runs the start-up recovery, which needs the server. */
    static void prepare(Wiring wiring) {
        try {
            wiring.house.order();
        } catch (SQLException e) {
            throw new Refusal("cannot restore: " + NoConnection.words(e));
        }
    }

    private void checkUsage() {
        if (all) {
            if (service != null || backup != null || at != null || into != null || replace || force) {
                throw new Refusal("restore --all takes only --from with a target or a folder, and --trust-globals");
            }
            return;
        }
        if (trustGlobals) {
            throw new Refusal("restore takes --trust-globals only with --all, which alone restores roles");
        }
        if (into != null && !force) {
            NewName.fault(into).ifPresent(fault -> {
                throw new Refusal(OneLine.of(fault, 300));
            });
        }
        if (service == null && backup == null) {
            throw new Refusal("restore takes the name of a SERVICE, or --backup with an id");
        }
        if (backup != null && at != null) {
            throw new Refusal("restore takes either --backup or --at");
        }
        if ((into != null) == replace) {
            throw new Refusal("restore takes either --into with the name of a new database, or --replace");
        }
    }

    private StoredBackup chosen(Wiring wiring, Optional<String> target) throws IOException {
        BackupSelection selection = new BackupSelection(
                VerifyCommand.inventory(wiring), wiring, spec.commandLine().getErr(), target);
        if (backup != null) {
            return selection.named(backup, Optional.ofNullable(service));
        }
        String name = String.valueOf(service);
        return at == null ? selection.newest(name) : selection.notAfter(name, AtTime.parse(at, wiring.zone));
    }

    private static Duration lastTime(Wiring wiring, StoredBackup chosen) throws SQLException {
        return wiring.tables
                .runs()
                .verifyTime(chosen.manifest().identity().backupId())
                .orElse(Duration.ZERO);
    }

    private void print(Restore.Done done, Wiring wiring) {
        PrintWriter out = spec.commandLine().getOut();
        StoredBackup restored = done.order().backup();
        out.println(String.format(
                Locale.ROOT,
                "%s: restored %s of %s into database %s: %s in %s, as in the manifest, in %.1f s",
                restored.manifest().source().service(),
                restored.manifest().identity().backupId(),
                restored.manifest().run().startedAt().truncatedTo(ChronoUnit.SECONDS),
                done.order().database(),
                Count.words(done.rows(), "row"),
                Count.words(done.tables(), "table"),
                done.took().toMillis() / 1000.0));
        done.kept()
                .ifPresent(kept -> out.println(String.format(
                        Locale.ROOT,
                        "%s: previous database kept as %s (connections disabled); connections were blocked for %d ms;"
                                + " to drop it: %s",
                        restored.manifest().source().service(),
                        kept,
                        done.swapTime().toMillis(),
                        wiring.typing.of(wiring.console().psql("DROP DATABASE " + Quote.identifier(kept))))));
        done.notes().forEach(note -> out.println(restored.manifest().source().service() + ": " + note));
    }

    private static void record(Wiring wiring, String service, Restore.Done done) {
        try (Pipeline pipeline = wiring.notificationPipeline().onlyWhenAsked()) {
            pipeline.start();
            String action = (done.kept().isPresent() ? "replaced by " : "restored from ")
                    + done.order().backup().manifest().identity().backupId();
            wiring.reporter.record(Activity.ours(service, action, wiring.clock.instant()));
        }
    }
}
