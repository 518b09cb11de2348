package org.pgsteward.routing.reload;

import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.quartz.QuartzEndpoint;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteDefinitionHelper;
import org.pgsteward.routing.alert.Redaction;
import org.quartz.CronExpression;

/**
 * Whether route files would run, asked without running any of it.
 *
 * <ol>
 *   <li>Each file by itself: is it YAML, are its entries routes and beans with names, does a secret stand in it.
 *   <li>All of them as one set in a throw-away context: beans, components, options, methods, settings, schedules.
 *   <li>What of a set no context sees: names that stand twice, doors that nobody answers.
 * </ol>
 */
public final class RouteCheck {
    private static final Pattern WITHOUT_DEFAULT = Pattern.compile("\\{\\{([^{}:?!]+)}}");

    /** Fits where a number is wanted, a name or a host. */
    private static final String STAND_IN = "1";

    private final Map<String, String> settings;
    private final Supplier<Map<String, Object>> beans;
    private final Set<String> answered;
    private final Set<String> knockedAt;
    private final Redaction redaction;

    /**
     * @param settings for placeholders
     * @param beans what routes find that no file makes, asked at each check
     * @param answered doors that are answered in Java
     * @param wanted doors at which pgsteward itself knocks
     */
    public RouteCheck(
            Map<String, String> settings,
            Supplier<Map<String, Object>> beans,
            Set<String> answered,
            Set<String> wanted,
            Redaction redaction) {
        this.settings = settings;
        this.beans = beans;
        this.answered = answered;
        this.knockedAt = wanted;
        this.redaction = redaction;
    }

    /** What is wrong, in the order of files and lines; nothing where all would run. */
    public List<Problem> problems(RouteFiles files) {
        RouteSet set = RouteSet.of(files);
        Set<Problem> problems = new TreeSet<>(form(set));
        boolean complete = problems.isEmpty();
        try (Scratch scratch = new Scratch(settings, beans.get())) {
            problems.addAll(built(set, scratch, set.routes().keySet(), complete));
        }
        return List.copyOf(problems);
    }

    /** The same by somebody in a hurry: what runs already is not built again, and a look that finds faults is enough. */
    List<Problem> problems(RouteFiles files, RouteSet running) {
        RouteSet set = RouteSet.of(files);
        Set<Problem> problems = new TreeSet<>(form(set));
        if (problems.isEmpty()) {
            try (Scratch scratch = new Scratch(settings, beans.get())) {
                problems.addAll(built(set, scratch, SwapPlan.of(running, set).routes(), true));
            }
        }
        return List.copyOf(problems);
    }

    private List<Problem> form(RouteSet set) {
        return FormRule.problems(set, beans.get().keySet(), ourRoutes());
    }

    /** Of what passed the check, and did not start all the same. */
    Problem problem(RouteSet.Entry entry, Throwable thrown) {
        try (Scratch scratch = new Scratch(settings, beans.get())) {
            return new Blame(scratch.context, beans.get().keySet(), redaction::of).of(entry, thrown);
        }
    }

    /** What a context that has started cannot tell by itself: doors that nobody answers. */
    public List<Problem> doors(RouteFiles files, CamelContext context) {
        RouteSet set = RouteSet.of(files);
        List<DoorRule.Doors> doors = new ArrayList<>();
        for (RouteDefinition route :
                context.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions()) {
            RouteSet.Entry entry = set.routes().get(route.getRouteId());
            if (entry != null) {
                doors.add(doors(entry, route, context, Included.in(context, route)));
            }
        }
        return DoorRule.problems(doors, answered, knockedAt);
    }

    private Set<String> ourRoutes() {
        Set<String> ours = new HashSet<>(Set.of("journal-drain"));
        answered.forEach(door -> ours.add(door.replaceFirst("^direct:", "")));
        return ours;
    }

    /** @param wanted ids of the routes to build; of the others only the doors are looked at */
    private List<Problem> built(RouteSet set, Scratch scratch, Set<String> wanted, boolean complete) {
        List<Problem> problems = new ArrayList<>();
        Set<String> names = new HashSet<>(beans.get().keySet());
        names.addAll(set.beans().keySet());
        Blame blame = new Blame(scratch.context, names, redaction::of);
        KnownNames known = new KnownNames(scratch.context);
        RouteModel model = new RouteModel(scratch.context);
        Map<String, Exception> failed = model.beans(set.beans().values());
        failed.forEach((name, failure) -> {
            Problem problem = blame.of(set.bean(name), failure);
            if (failed.keySet().stream().noneMatch(other -> problem.what().equals(Blame.noBean(other)))) {
                problems.add(problem);
            }
        });
        List<DoorRule.Doors> doors = new ArrayList<>();
        List<RouteDefinition> definitions = new ArrayList<>();
        for (RouteSet.Entry entry : set.routes().values()) {
            try {
                RouteDefinition route = model.route(entry);
                boolean runs = Included.in(scratch.context, route);
                scratch.standIn(runs ? Map.of() : standIns(entry));
                if (wanted.contains(entry.name())) {
                    Route built = scratch.build(route);
                    schedule(entry, built).ifPresent(problems::add);
                    problems.addAll(OptionRule.problems(entry, known, scratch.context::resolvePropertyPlaceholders));
                    Knocks.dynamic(route).forEach(scratch.context::getEndpoint);
                }
                doors.add(doors(entry, route, scratch.context, runs));
                definitions.add(route);
                String twice = RouteDefinitionHelper.validateUniqueIds(route, definitions, route.getNodePrefixId());
                if (twice != null) {
                    problems.add(entry.problem(
                            Yaml.lineOf(entry.node(), twice::equals).orElse(entry.line()),
                            "the id '" + twice + "' stands in another route too",
                            "rename one of them"));
                }
            } catch (Exception | StackOverflowError e) {
                Problem problem = blame.of(entry, e);
                // What misses a bean that could not be made has no fault of its own.
                if (failed.keySet().stream().noneMatch(name -> problem.what().equals(Blame.noBean(name)))) {
                    problems.add(problem);
                }
            } finally {
                scratch.standIn(Map.of());
            }
        }
        // With a route missing that could not be read, others would seem to knock in vain.
        if (complete && problems.isEmpty()) {
            problems.addAll(DoorRule.problems(doors, answered, knockedAt));
        }
        return problems;
    }

    /** A receiver that is switched off has no address; whether the rest of it is well can be told all the same. */
    private Map<String, String> standIns(RouteSet.Entry entry) {
        Map<String, String> standIns = new TreeMap<>();
        Yaml.scalars(entry.node()).forEach(scalar -> {
            Matcher key = WITHOUT_DEFAULT.matcher(scalar.getValue());
            while (key.find()) {
                if (!settings.containsKey(key.group(1))) {
                    standIns.put(key.group(1), STAND_IN);
                }
            }
        });
        return standIns;
    }

    private static java.util.Optional<Problem> schedule(RouteSet.Entry entry, Route built) {
        if (built.getEndpoint() instanceof QuartzEndpoint quartz && quartz.getCron() != null) {
            try {
                new CronExpression(quartz.getCron());
            } catch (ParseException e) {
                int line = Yaml.tuplesBelow(entry.node(), "parameters").stream()
                        .filter(tuple -> Yaml.text(tuple.getKeyNode()).equals(java.util.Optional.of("cron")))
                        .map(tuple -> Yaml.line(tuple.getKeyNode()))
                        .findFirst()
                        .orElse(entry.line());
                return java.util.Optional.of(
                        entry.problem(
                                line,
                                "the schedule '" + quartz.getCron() + "' cannot be read: "
                                        + Words.oneLine(e.getMessage()),
                                "Quartz wants six fields: second minute hour day-of-month month day-of-week, such as 0 0 3 * * ?"));
            }
        }
        return java.util.Optional.empty();
    }

    private static DoorRule.Doors doors(
            RouteSet.Entry entry, RouteDefinition route, CamelContext context, boolean runs) {
        Map<String, Integer> knocks = new LinkedHashMap<>();
        Knocks.of(route, context).forEach((door, line) -> knocks.put(door, line > 0 ? line : entry.line()));
        String from = context.resolvePropertyPlaceholders(route.getInput().getEndpointUri());
        return new DoorRule.Doors(entry, Knocks.bare(from), knocks, runs);
    }
}
