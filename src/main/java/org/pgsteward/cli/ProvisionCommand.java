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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.EngineConfig;
import org.pgsteward.config.Settings;
import org.pgsteward.containers.Containers;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.model.Activity;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Container;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Refusal;
import org.pgsteward.provision.AdoptionRule;
import org.pgsteward.provision.ConnectionAdvice;
import org.pgsteward.provision.ProvisionReport;
import org.pgsteward.provision.Provisioner;
import org.pgsteward.provision.ServiceProvisioning;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code provision}: reconciles now, or prints the plan. */
@Command(
        name = "provision",
        description = {
            "Compare all roles, databases and privileges with the desired state now, and apply the changes.",
            "Without a Docker Engine, the command checks only the enrolled services.",
            "Exit code 0 if no request was refused and no change failed, otherwise 1."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward provision --plan             requests, refusals, pending changes",
            "  pgsteward provision                    apply the changes now",
            "  pgsteward provision --adopt vikunja    allow a refused service"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ProvisionCommand implements Callable<Integer> {
    private static final int LONGEST_REASON = 1_000;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--plan",
            description = "List requests, refusals and pending changes with reasons, and change nothing.")
    private boolean plan;

    @Option(
            names = "--adopt",
            description =
                    "Allow the named services: each gets the database and the role that it requests, without evidence"
                            + " that they belong to it. If several containers request a database as the same service, give the"
                            + " name or the id of the container instead.")
    private boolean adopt;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Parameters(arity = "0..*", paramLabel = "SERVICE", description = "Only these services.")
    private List<String> services = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (adopt && services.isEmpty()) {
            throw new Refusal("--adopt needs the names of services; give the name of each");
        }
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        if (!plan) {
            wiring.house.order();
        }
        try (DockerEngine engine = DockerEngine.forCommand(wiring.settings.value(EngineConfig.HOST));
                Provisioner provisioner = wiring.provisioner()) {
            Containers containers = wiring.containers(engine);
            if (engine.answers()) {
                containers.list();
            } else {
                err("no Docker Engine answers at " + engine.host() + "; checking only the enrolled services");
            }
            return plan ? plan(wiring, provisioner, containers) : provision(wiring, provisioner, containers);
        }
    }

    private int plan(Wiring wiring, Provisioner provisioner, Containers containers) throws Exception {
        Provisioner.Plan planned = provisioner.plan(containers.others(), containers.postgres());
        Map<String, Set<String>> meant = meant(containers);
        Map<String, List<? extends Provisioner.Plan.About>> sections = new LinkedHashMap<>();
        sections.put("wishes", chosen(planned.wishes(), meant));
        sections.put("refused", chosen(planned.refused(), meant));
        sections.put("steps", chosen(planned.steps(), meant));
        sections.put(
                "unserved",
                chosen(
                        ConnectionAdvice.unserved(wiring.discovery(), containers).stream()
                                .map(found -> new Provisioner.Plan.Line(
                                        found.service(), OneLine.of(found.cause(), LONGEST_REASON)))
                                .toList(),
                        meant));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(sections));
        } else {
            print(out, "requested", sections.getOrDefault("wishes", List.of()), wiring.typing);
            print(out, "refused", sections.getOrDefault("refused", List.of()), wiring.typing);
            print(out, "pending", sections.getOrDefault("steps", List.of()), wiring.typing);
            List<? extends Provisioner.Plan.About> unserved = sections.getOrDefault("unserved", List.of());
            if (!unserved.isEmpty()) {
                print(out, "not enrolled, see pgsteward doctor", unserved, wiring.typing);
            }
        }
        Set<String> silent = new TreeSet<>(services);
        sections.values()
                .forEach(lines -> lines.forEach(line -> silent.removeIf(
                        name -> meant.getOrDefault(name, Set.of()).contains(line.subject()))));
        silent.forEach(name -> spec.commandLine()
                .getErr()
                .println("pgsteward: no container requests a database as '" + OneLine.of(name, 60)
                        + "': the container does not exist, its variables are incomplete or name another host, or PostgreSQL"
                        + " is on none of its networks; see: pgsteward doctor"));
        spec.commandLine().getErr().flush();
        return sections.getOrDefault("refused", List.of()).isEmpty() ? 0 : 1;
    }

    /** Returns the subjects of lines that each given name may mean. A refused claim has the name of its container. */
    private Map<String, Set<String>> meant(Containers containers) {
        Map<String, Set<String>> meant = new TreeMap<>();
        for (String named : services) {
            Set<String> subjects = new TreeSet<>(Set.of(named));
            containers.others().stream()
                    .filter(container -> container.isMeantBy(named))
                    .forEach(container -> subjects.addAll(
                            List.of(container.name(), container.lastingName(), container.commandName())));
            meant.put(named, subjects);
        }
        return meant;
    }

    private static <T extends Provisioner.Plan.About> List<T> chosen(List<T> lines, Map<String, Set<String>> meant) {
        return lines.stream()
                .filter(line -> meant.isEmpty()
                        || meant.values().stream().anyMatch(subjects -> subjects.contains(line.subject())))
                .toList();
    }

    private static void print(
            PrintWriter out, String heading, List<? extends Provisioner.Plan.About> lines, CommandPrefix typing) {
        Colours colours = Colours.ofStandardOutput();
        out.println(colours.bold(heading + ":") + (lines.isEmpty() ? " none" : ""));
        ToIntFunction<Provisioner.Plan.About> length =
                line -> colours.plain(line.subject()).getCJKAdjustedLength();
        int width = lines.stream().mapToInt(length).max().orElse(0);
        lines.forEach(line -> out.println(
                "  " + line.subject() + " ".repeat(width - length.applyAsInt(line)) + "  " + typing.of(line.text())));
    }

    private int provision(Wiring wiring, Provisioner provisioner, Containers containers) throws Exception {
        ServiceProvisioning provisioning = wiring.serviceProvisioning(provisioner, containers);
        List<ProvisionReport> reports = new ArrayList<>();
        if (services.isEmpty()) {
            reports.add(provisioning.reconcile());
        } else {
            for (String service : services) {
                reports.add(provision(service, provisioner, containers, provisioning));
            }
        }
        record(wiring, reports);
        List<ProvisionReport.Line> found =
                reports.stream().flatMap(report -> report.lines().stream()).toList();
        print(
                wiring,
                found.stream()
                        .map(line -> new Line(line.service(), line.state(), line.reason() + password(line, wiring)))
                        .toList());
        return found.stream().anyMatch(ProvisionReport.Line::failed) ? 1 : 0;
    }

    /**
     * Provisions the newest container of the service. With {@code --adopt}, the name has to match one container, which
     * is adopted if it is refused first.
     */
    private ProvisionReport provision(
            String named, Provisioner provisioner, Containers containers, ServiceProvisioning provisioning) {
        Map<Container, String> asking = new LinkedHashMap<>();
        containers.others().stream()
                .sorted(Comparator.comparing(Container::createdAt).reversed())
                .forEach(container -> provisioner
                        .service(container, containers.postgres(), containers.all())
                        .ifPresent(service -> asking.put(container, service)));
        List<Container> meant = adopt
                ? AdoptionRule.candidates(named, asking)
                : asking.keySet().stream()
                        .filter(container -> named.equals(asking.get(container)))
                        .limit(1)
                        .toList();
        if (meant.isEmpty()) {
            // The claim of such a container is refused, and its report has the reason.
            meant = containers.others().stream()
                    .filter(container -> container.isMeantBy(named))
                    .limit(1)
                    .toList();
        }
        if (meant.isEmpty()) {
            throw new Refusal(
                    "no container requests a database as service '" + named
                            + "'; 'pgsteward provision --plan' lists the requests, and 'pgsteward doctor' the causes of faults");
        }
        if (meant.size() > 1) {
            throw new Refusal("several containers match '" + named + "': "
                    + meant.stream()
                            .map(container -> container.commandName() + " (" + container.shortId() + ")")
                            .collect(Collectors.joining(", "))
                    + "; give the id of the right container: pgsteward provision --adopt ID");
        }
        ProvisionReport report = provisioning.provision(meant.get(0), false);
        return adopt && report.lines().stream().anyMatch(ProvisionReport.Line::refused)
                ? provisioning.provision(meant.get(0), true)
                : report;
    }

    /** Returns a remark for an operator who has just rotated a password: whether it is in force, and since when. */
    private static String password(ProvisionReport.Line line, Wiring wiring) {
        return switch (line.password()) {
            case UNKNOWN -> "";
            case SET -> "; the role has the container's password now";
            case IN_FORCE -> {
                String inForce = "; the container's password is in force";
                try {
                    Instant now = wiring.clock.instant();
                    yield inForce
                            + wiring.tables
                                    .services()
                                    .lastActivity(line.service(), Activity.PASSWORD_SET)
                                    .map(at -> " since " + at.truncatedTo(ChronoUnit.SECONDS) + ", "
                                            + Elapsed.roughly(Duration.between(at, now)) + " ago")
                                    .orElse("");
                } catch (SQLException unknown) {
                    yield inForce;
                }
            }
        };
    }

    /** Records the results as the daemon records its own. */
    private static void record(Wiring wiring, List<ProvisionReport> reports) {
        try (Pipeline pipeline = wiring.notificationPipeline().onlyWhenAsked()) {
            pipeline.start();
            reports.forEach(report -> report.sendTo(wiring.reporter));
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
            out.println("no change needed");
        }
    }

    private void err(String line) {
        spec.commandLine().getErr().println("pgsteward: " + line);
        spec.commandLine().getErr().flush();
    }

    private record Line(String service, String state, String reason) {}
}
