package org.pgsteward.cli;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.pgsteward.Settings;
import org.pgsteward.Wiring;
import org.pgsteward.alert.OneLine;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Container;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Typing;
import org.pgsteward.provision.Provisioner;
import org.pgsteward.routing.ConnectionAdvice;
import org.pgsteward.routing.ContainerDesk;
import org.pgsteward.routing.Pipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reconciles now, or says what that would do. */
@Command(
        name = "provision",
        description = {
            "Look at all containers and databases now, and make them as they should be.",
            "Where no Docker Engine answers, what is enrolled already is looked at.",
            "Exit code 0 when nothing was refused and nothing failed, 1 otherwise."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward provision --plan             what is to do, and why",
            "  pgsteward provision                    do it now",
            "  pgsteward provision --adopt vikunja    I vouch that it may have it"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ProvisionCommand implements Callable<Integer> {
    private static final int MOST_SAID = 1_000;

    @Spec
    private CommandSpec spec;

    @Option(names = "--plan", description = "Only print what would be done, and why.")
    private boolean plan;

    @Option(
            names = "--adopt",
            description = "Vouch for the named services: the database and the role that they ask for become theirs,"
                    + " although their containers cannot show that they were. Where two containers of a service ask"
                    + " for different things, the refused one becomes the service.")
    private boolean adopt;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Parameters(arity = "0..*", paramLabel = "SERVICE", description = "Only these services.")
    private List<String> services = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (adopt && services.isEmpty()) {
            throw new Refusal("--adopt takes the names of services: vouch for each by name");
        }
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        if (!plan) {
            wiring.house.order();
        }
        try (DockerEngine engine = DockerEngine.at(wiring.settings.require("pgsteward.docker.host"));
                Provisioner provisioner = wiring.provisioner()) {
            ContainerDesk containers = wiring.containers(engine);
            if (engine.answers()) {
                containers.list();
            } else {
                err("no Docker Engine answers at " + engine.host() + ": only what is enrolled already is looked at");
            }
            return plan ? plan(wiring, provisioner, containers) : provision(wiring, provisioner, containers);
        }
    }

    private int plan(Wiring wiring, Provisioner provisioner, ContainerDesk containers) throws Exception {
        Provisioner.Plan planned = provisioner.plan(containers.others(), containers.postgres());
        Map<String, List<? extends Provisioner.Plan.About>> sections = new LinkedHashMap<>();
        sections.put("wishes", chosen(planned.wishes()));
        sections.put("refused", chosen(planned.refused()));
        sections.put("steps", chosen(planned.steps()));
        sections.put(
                "unserved",
                chosen(ConnectionAdvice.unserved(wiring.discovery(), containers).stream()
                        .map(found -> new Provisioner.Plan.Line(found.service(), OneLine.of(found.cause(), MOST_SAID)))
                        .toList()));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(sections));
        } else {
            print(out, "asked for", sections.getOrDefault("wishes", List.of()), wiring.typing);
            print(out, "refused", sections.getOrDefault("refused", List.of()), wiring.typing);
            print(out, "to do", sections.getOrDefault("steps", List.of()), wiring.typing);
            List<? extends Provisioner.Plan.About> unserved = sections.getOrDefault("unserved", List.of());
            if (!unserved.isEmpty()) {
                print(out, "not enrolled, see pgsteward doctor", unserved, wiring.typing);
            }
        }
        Set<String> silent = new TreeSet<>(services);
        sections.values().forEach(lines -> lines.forEach(line -> silent.remove(line.subject())));
        silent.forEach(name -> spec.commandLine()
                .getErr()
                .println("pgsteward: no container asks for a database as '" + OneLine.of(name, 60)
                        + "': there is none of that name, its variables lack something or name another host, or PostgreSQL"
                        + " is on none of its networks; see: pgsteward doctor"));
        spec.commandLine().getErr().flush();
        return sections.getOrDefault("refused", List.of()).isEmpty() ? 0 : 1;
    }

    private <T extends Provisioner.Plan.About> List<T> chosen(List<T> lines) {
        return lines.stream()
                .filter(line -> services.isEmpty() || services.contains(line.subject()))
                .toList();
    }

    private static void print(
            PrintWriter out, String heading, List<? extends Provisioner.Plan.About> lines, Typing typing) {
        Ink ink = Ink.ofStandardOutput();
        out.println(ink.bold(heading + ":") + (lines.isEmpty() ? " nothing" : ""));
        int width =
                lines.stream().mapToInt(line -> Ink.width(line.subject())).max().orElse(0);
        lines.forEach(line -> out.println(
                "  " + line.subject() + " ".repeat(width - Ink.width(line.subject())) + "  " + typing.of(line.text())));
    }

    private int provision(Wiring wiring, Provisioner provisioner, ContainerDesk containers) throws Exception {
        List<Line> lines = new ArrayList<>();
        List<Object> rows = new ArrayList<>();
        if (services.isEmpty()) {
            Provisioner.Reconciliation done = provisioner.reconcile(containers.others(), containers.postgres());
            done.byContainer().values().forEach(result -> take(result, lines, rows, wiring));
            done.repaired()
                    .forEach(
                            (subject, reasons) -> lines.add(new Line(subject, "repaired", String.join("; ", reasons))));
            done.closed()
                    .forEach((subject, reasons) -> lines.add(new Line(subject, "closed", String.join("; ", reasons))));
            done.troubles().forEach((subject, reason) -> lines.add(new Line(subject, "failed", reason)));
            done.excesses()
                    .forEach(excess -> lines.add(
                            new Line(excess.subject(), "caution", excess.reason() + ". As SQL: " + excess.sql())));
        } else {
            for (String service : services) {
                take(provision(service, provisioner, containers), lines, rows, wiring);
            }
        }
        write(wiring, rows);
        print(wiring, lines);
        return lines.stream().anyMatch(Line::isBad) ? 1 : 0;
    }

    /** Of several containers of the service the one made last; {@code --adopt} is for one that is refused. */
    private Provisioner.Result provision(String service, Provisioner provisioner, ContainerDesk containers) {
        List<Container> asking = containers.others().stream()
                .filter(container -> provisioner
                        .service(container, containers.postgres(), containers.all())
                        .filter(service::equals)
                        .isPresent())
                .sorted(Comparator.comparing(Container::createdAt).reversed())
                .toList();
        if (asking.isEmpty()) {
            throw new Refusal("no container asks for a database as service '" + service
                    + "': 'pgsteward provision --plan' says which do");
        }
        List<Provisioner.Result> results = new ArrayList<>();
        for (Container container : adopt ? asking : asking.subList(0, 1)) {
            Provisioner.Result result = provisioner.provision(container, containers.postgres(), containers.all());
            if (adopt && result.refused()) {
                return provisioner.provision(container, containers.postgres(), containers.all(), true);
            }
            results.add(result);
        }
        // What was done counts, and not that it needs no doing again.
        return results.get(0);
    }

    private static void take(Provisioner.Result result, List<Line> lines, List<Object> rows, Wiring wiring) {
        String state = "unchanged";
        if (result.outcome() instanceof Outcome.Done) {
            state = "done";
            rows.add(Activity.ours(result.service(), "provisioned", wiring.clock.instant()));
        } else if (result.outcome() instanceof Outcome.Failed) {
            state = result.refused() ? "refused" : "failed";
        }
        if (result.passwordSet()) {
            rows.add(Activity.ours(result.service(), Tables.PASSWORD_SET, wiring.clock.instant()));
        }
        result.enrolment().ifPresent(rows::add);
        result.imageChange().ifPresent(rows::add);
        lines.add(new Line(result.service(), state, result.outcome().reason() + password(result, wiring)));
        result.caution().ifPresent(caution -> lines.add(new Line(result.service(), "caution", caution)));
    }

    /** For an operator who has just rotated a password: whether it is in force, and since when. */
    private static String password(Provisioner.Result result, Wiring wiring) {
        if (result.passwordSet()) {
            return "; the role has the container's password now";
        }
        if (!(result.outcome() instanceof Outcome.Skipped) || result.enrolment().isEmpty()) {
            return "";
        }
        String inForce = "; the container's password is in force";
        try {
            Instant now = wiring.clock.instant();
            return inForce
                    + wiring.tables
                            .lastActivity(result.service(), Tables.PASSWORD_SET)
                            .map(at -> " since " + at.truncatedTo(ChronoUnit.SECONDS) + ", "
                                    + Elapsed.roughly(Duration.between(at, now)) + " ago")
                            .orElse("");
        } catch (SQLException unknown) {
            return inForce;
        }
    }

    private static void write(Wiring wiring, List<Object> rows) {
        try (Pipeline pipeline = wiring.tellingPipeline().onlyWhenAsked()) {
            pipeline.start();
            rows.forEach(row -> wiring.doors.ask("direct:journal-write", row));
        }
    }

    private void print(Wiring wiring, List<Line> lines) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(Map.of("provisioned", lines)));
            return;
        }
        lines.forEach(
                line -> out.println(line.service() + ": " + line.state() + ": " + wiring.typing.of(line.reason())));
        if (lines.isEmpty()) {
            out.println("everything is as it should be");
        }
    }

    private void err(String line) {
        spec.commandLine().getErr().println("pgsteward: " + line);
        spec.commandLine().getErr().flush();
    }

    private record Line(String service, String state, String reason) {
        boolean isBad() {
            return state.equals("refused") || state.equals("failed");
        }
    }
}
