package org.pgsteward.doctor;

import com.github.dockerjava.api.exception.DockerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.containers.Containers;
import org.pgsteward.containers.MemorySampler;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EngineAway;
import org.pgsteward.journal.JournalTrouble;
import org.pgsteward.journal.Spool;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Enrolment;
import org.pgsteward.monitor.CatalogProbe;
import org.pgsteward.monitor.DatabaseObservation;
import org.pgsteward.monitor.DatabaseProbe;
import org.pgsteward.monitor.DiskProbe;
import org.pgsteward.monitor.HostObservation;
import org.pgsteward.monitor.ImageProbe;
import org.pgsteward.monitor.LogProbe;
import org.pgsteward.monitor.ObservationReader;
import org.pgsteward.monitor.PostgresProbe;
import org.pgsteward.monitor.PostgresReading;
import org.pgsteward.monitor.Watches;
import org.pgsteward.postgres.Server;
import org.pgsteward.provision.ConnectionAdvice;
import org.pgsteward.provision.ConnectionRequest;
import org.pgsteward.provision.Discovery;
import org.pgsteward.provision.Provisioner;

/** Examination of all parts: their state is read once, and {@link Doctor} diagnoses it. It changes no part. */
public final class Examination {
    private final Server server;
    private final DockerEngine engine;
    private final Containers containers;
    private final Provisioner provisioner;
    private final Discovery discovery;
    private final Tables tables;
    private final DiskProbe disks;
    private final Spool spool;
    private final Supplier<Watches> watches;
    private final ProgramsCheck programs;
    private final AlertRegistry alerts;
    private final Supplier<? extends Map<String, String>> exposed;
    private final CommandPrefix typing;
    private final Clock clock;
    private final List<String> notLookedAt = new ArrayList<>();

    /** Services whose roles have no login on purpose. */
    private Set<String> quarantined = Set.of();

    /**
     * @param watches supplies the watches; read only when needed, since that takes a second
     * @param exposed supplies a sentence about each target whose copies leave this host without encryption
     */
    public Examination(
            Server server,
            DockerEngine engine,
            Containers containers,
            Provisioner provisioner,
            Discovery discovery,
            Tables tables,
            DiskProbe disks,
            Spool spool,
            Supplier<Watches> watches,
            ProgramsCheck programs,
            AlertRegistry alerts,
            Supplier<? extends Map<String, String>> exposed,
            CommandPrefix typing,
            Clock clock) {
        this.server = server;
        this.engine = engine;
        this.containers = containers;
        this.provisioner = provisioner;
        this.discovery = discovery;
        this.tables = tables;
        this.disks = disks;
        this.spool = spool;
        this.watches = watches;
        this.programs = programs;
        this.alerts = alerts;
        this.exposed = exposed;
        this.typing = typing;
        this.clock = clock;
    }

    /**
     * Result of an examination.
     *
     * @param diagnoses the worst first
     * @param notLookedAt one sentence for each part that could not be read, with a way to change that
     * @param encryption whether the folders lie on encrypted devices, for information
     */
    public record Report(List<Diagnosis> diagnoses, List<String> notLookedAt, List<Encryption> encryption) {
        /** Returns whether no action is needed: information is no trouble. */
        public boolean isWell() {
            return diagnoses.stream().noneMatch(Diagnosis::isTrouble);
        }
    }

    /** Examines all parts once. */
    public Report examine() {
        boolean asked = list();
        PostgresReading sign = new PostgresProbe(server, clock).probe();
        List<Enrolment> enrolments = sign.error().isEmpty() ? enrolments() : List.of();
        List<Condition> conditions = new ArrayList<>();
        Optional<Watches> watched = watches();
        Optional<Doctor.Log> log = sign.error().isEmpty()
                ? watched.flatMap(levels -> databases(levels, asked, enrolments, conditions))
                : Optional.empty();
        watched.ifPresent(levels -> {
            host(levels, asked, conditions);
            if (asked) {
                conditions.addAll(levels.glance(new MemorySampler(engine, containers, clock).sample()));
            }
        });
        if (sign.error().isPresent()) {
            notLookedAt.add("roles, privileges, sessions and sizes: PostgreSQL is unavailable");
        }
        Doctor.Patient patient = new Doctor.Patient(
                sign.server(),
                sign.error(),
                sign.refused(),
                asked,
                containers.postgres(),
                containers.all(),
                requests(),
                enrolments.stream()
                        .filter(enrolment -> !quarantined.contains(enrolment.service()))
                        .map(Enrolment::identity)
                        .collect(Collectors.toSet()),
                Stream.of(
                                ConnectionAdvice.unenrolled(discovery, containers).stream(),
                                sign.error().isEmpty() ? programs.diagnose().stream() : Stream.<Diagnosis>empty(),
                                CopyAdvice.unencrypted(exposed.get()).stream())
                        .flatMap(found -> found)
                        .toList(),
                log);
        Optional<Provisioner.Plan> plan = sign.error().isEmpty() ? plan() : Optional.empty();
        List<Diagnosis> diagnoses =
                new Doctor(new LoginProbe(server)::tryOut).examine(patient, plan, conditions, FiringAlerts.of(alerts));
        return new Report(
                diagnoses.stream().map(found -> found.typed(typing)).toList(),
                notLookedAt.stream().map(typing::of).toList(),
                EncryptionProbe.probe(disks.folders()));
    }

    private boolean list() {
        try {
            if (engine.answers()) {
                containers.list();
                return true;
            }
            notLookedAt.add(
                    "containers, host names, networks and memory: no Docker Engine answers at " + engine.host());
        } catch (EngineAway | DockerException e) {
            notLookedAt.add(
                    "containers, host names, networks and memory: cannot list the containers of the Docker Engine at "
                            + engine.host() + ": " + e.getMessage());
        }
        return false;
    }

    private Optional<Watches> watches() {
        try {
            return Optional.of(watches.get());
        } catch (IllegalStateException | IllegalArgumentException | UncheckedIOException e) {
            notLookedAt.add("levels of memory, sessions, locks and disks: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Reads the enrolments, and assigns each container to its service. */
    private List<Enrolment> enrolments() {
        try {
            List<Enrolment> enrolments = tables.services().enrolments();
            quarantined = tables.services().quarantined();
            Map<String, String> services = enrolments.stream()
                    .filter(enrolment -> enrolment.companionOf().isEmpty())
                    .collect(Collectors.toMap(Enrolment::identity, Enrolment::service, (one, other) -> one));
            for (Container container : containers.others()) {
                Optional.ofNullable(services.get(container.identity()))
                        .ifPresent(service -> containers.belongs(container, service));
            }
            return enrolments;
        } catch (SQLException e) {
            notLookedAt.add("enrolled services: " + JournalTrouble.of(e));
            return List.of();
        }
    }

    private Optional<Doctor.Log> databases(
            Watches levels, boolean asked, List<Enrolment> enrolments, List<Condition> conditions) {
        try {
            DatabaseObservation look = new DatabaseProbe(server, clock)
                    .read(ObservationReader.server(containers.postgres(), Optional.empty(), Map.of()));
            conditions.addAll(levels.glance(look));
            conditions.addAll(levels.glance(
                    new CatalogProbe(server, clock).read(look.console().container())));
            if (look.queries().isEmpty() && look.server().log().slow().isEmpty()) {
                notLookedAt.add("slow statements: the extension pg_stat_statements is not in database "
                        + server.address().database() + "; to monitor them: "
                        + look.console().psql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
                        + ", a restart of PostgreSQL, and "
                        + look.console().psql("CREATE EXTENSION pg_stat_statements"));
            }
            if (!disks.seesPostgres()) {
                notLookedAt.add("the disk of PostgreSQL's data: PGSTEWARD_POSTGRES_DATA_DIR does not name its folder;"
                        + " to check it: docker exec "
                        + look.console().container()
                        + " sh -c 'df -h \"$PGDATA\"'");
            }
            return Optional.of(log(levels, look, asked, enrolments, conditions));
        } catch (SQLException e) {
            notLookedAt.add("sessions, locks and sizes: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Reads the log before any login is tried, so that it contains no login of the doctor. */
    private Doctor.Log log(
            Watches levels,
            DatabaseObservation look,
            boolean asked,
            List<Enrolment> enrolments,
            List<Condition> conditions) {
        Map<String, String> refusals = new HashMap<>();
        if (asked && look.server().log().toContainer()) {
            LogProbe.Result read = new LogProbe(engine, clock)
                    .read(look.console().container(), look, () -> Optional.of(containers.owners(enrolments)));
            if (!read.why().isEmpty()) {
                notLookedAt.add((read.look().isEmpty() ? "failed logins" : "some failed logins")
                        + ", from PostgreSQL's log: " + read.why() + hint(read.why()));
            }
            read.look().ifPresent(said -> {
                conditions.addAll(levels.glance(said));
                said.refusals().forEach(refused -> refusals.put(refused.service(), refused.words()));
            });
        } else if (!asked) {
            notLookedAt.add("failed logins, from PostgreSQL's log: no Docker Engine answers");
        }
        return new Doctor.Log(
                look.server().log(),
                look.queries().isPresent(),
                refusals,
                look.console().container(),
                look.console()::psql);
    }

    private static String hint(String why) {
        if (why.contains(" answered 403 ")) {
            return "; the proxy permits only the log of the container in PGSTEWARD_POSTGRES_CONTAINER (.env); after a"
                    + " change: docker compose up -d docker-proxy";
        }
        return why.contains(" answered 501 ")
                ? "; set the log driver json-file or local in PostgreSQL's compose file, and recreate the container"
                : "";
    }

    private void host(Watches levels, boolean asked, List<Condition> conditions) {
        try {
            conditions.addAll(levels.glance(new HostObservation(
                    clock.instant(),
                    disks.read(),
                    Optional.empty(),
                    "",
                    spool.waiting().size(),
                    Map.of(),
                    asked ? containers.postgres().flatMap(new ImageProbe(engine, clock)::read) : Optional.empty())));
        } catch (IOException e) {
            notLookedAt.add("the disks: " + e.getMessage());
        }
    }

    private List<ConnectionRequest> requests() {
        return containers.others().stream()
                .flatMap(container -> discovery.said(container, containers.postgres(), containers.all()).stream())
                .toList();
    }

    private Optional<Provisioner.Plan> plan() {
        try {
            return Optional.of(provisioner.plan(containers.others(), containers.postgres()));
        } catch (SQLException e) {
            notLookedAt.add("privileges and ownership: " + JournalTrouble.of(e));
            return Optional.empty();
        }
    }
}
