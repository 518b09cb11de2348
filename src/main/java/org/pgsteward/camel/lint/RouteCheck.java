package org.pgsteward.camel.lint;

import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashMap;
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
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.io.YamlTree;
import org.quartz.CronExpression;

/**
 * Check whether route files would run, without running any route.
 *
 * <ol>
 *   <li>Each file by itself: it is YAML, its entries are routes and beans with names, and it contains no plain-text
 *       secret.
 *   <li>All files as one set in a temporary context: beans, components, options, methods, settings, schedules.
 *   <li>Faults of the set that no context detects: duplicate names, and {@code direct:} endpoints without a consumer.
 * </ol>
 */
public final class RouteCheck {
    private static final Pattern WITHOUT_DEFAULT = Pattern.compile("\\{\\{([^{}:?!]+)}}");

    /** Value that is valid as a number, a name or a host. */
    private static final String STAND_IN = "1";

    private final Map<String, String> settings;
    private final Supplier<Map<String, Object>> beans;
    private final Set<String> answered;
    private final Set<String> required;
    private final Redaction redaction;

    /**
     * @param settings values of placeholders
     * @param beans supplies the beans that no file creates, at each check
     * @param answered endpoints with a consumer in Java
     * @param wanted endpoints to which pgsteward itself sends
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
        this.required = wanted;
        this.redaction = redaction;
    }

    /** Returns the faults, in the order of files and lines; empty if all routes would run. */
    public List<Problem> problems(RouteFiles files) {
        RouteSet set = RouteSet.of(files);
        Set<Problem> problems = new TreeSet<>(form(set));
        if (!FormRule.code(set, settings).isEmpty()) {
            // Building an object from these files would run their code.
            return Placeholders.of(files).blamed(problems, settings);
        }
        boolean complete = problems.isEmpty();
        try (Scratch scratch = new Scratch(settings, beans.get())) {
            problems.addAll(built(set, scratch, set.beans().keySet(), Map.of(), complete));
        }
        return Placeholders.of(files).blamed(problems, settings);
    }

    /**
     * Returns the faults of a set that is already in force for the most part. That part is not built again. If the form
     * has faults, only these are returned.
     *
     * @param set the new set; Camel modifies its tree, so it must not be used again
     * @param running the set in force in {@code live}
     */
    public List<Problem> problems(RouteSet set, RouteSet running, CamelContext live) {
        Set<Problem> problems = new TreeSet<>(form(set));
        if (problems.isEmpty()) {
            SwapPlan plan = SwapPlan.of(running, set);
            Map<String, Object> given = new HashMap<>(beans.get());
            set.beans().keySet().stream()
                    .filter(name -> !plan.beans().contains(name))
                    .forEach(name -> {
                        Object bean = live.getRegistry().lookupByName(name);
                        if (bean != null) {
                            given.put(name, bean);
                        }
                    });
            Map<String, RouteDefinition> started = new HashMap<>();
            live.getCamelContextExtension()
                    .getContextPlugin(Model.class)
                    .getRouteDefinitions()
                    .forEach(route -> started.put(route.getRouteId(), route));
            started.keySet().removeAll(plan.routes());
            try (Scratch scratch = new Scratch(settings, given)) {
                problems.addAll(built(set, scratch, plan.beans(), started, true));
            }
        }
        return List.copyOf(problems);
    }

    /** Returns the faults in the text of the files. No object is built. */
    public List<Problem> form(RouteFiles files) {
        return FormRule.problems(files, settings);
    }

    private List<Problem> form(RouteSet set) {
        return FormRule.problems(set, settings, beans.get().keySet(), ourRoutes());
    }

    /** Returns the fault of an entry that passed the check but did not start. */
    public Problem problem(RouteSet.Entry entry, Throwable thrown) {
        try (Scratch scratch = new Scratch(settings, beans.get())) {
            return new RouteError(scratch.context, beans.get().keySet(), redaction::of).of(entry, thrown);
        }
    }

    /** Returns the faults that a started context does not detect: {@code direct:} endpoints without a consumer. */
    public List<Problem> endpoints(RouteFiles files, CamelContext context) {
        RouteSet set = RouteSet.of(files);
        List<EndpointRule.RouteEndpoints> endpoints = new ArrayList<>();
        for (RouteDefinition route :
                context.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions()) {
            RouteSet.Entry entry = set.routes().get(route.getRouteId());
            if (entry != null) {
                endpoints.add(endpoints(entry, route, context, Included.in(context, route)));
            }
        }
        return EndpointRule.problems(endpoints, answered, required);
    }

    private Set<String> ourRoutes() {
        Set<String> ours = new HashSet<>(Set.of("journal-drain"));
        answered.forEach(endpoint -> ours.add(endpoint.replaceFirst("^direct:", "")));
        return ours;
    }

    /**
     * @param newBeans names of the beans to create; the others exist
     * @param started running routes that are equal to those in the set
     */
    private List<Problem> built(
            RouteSet set,
            Scratch scratch,
            Set<String> newBeans,
            Map<String, RouteDefinition> started,
            boolean complete) {
        List<Problem> problems = new ArrayList<>();
        Set<String> names = new HashSet<>(beans.get().keySet());
        names.addAll(set.beans().keySet());
        RouteError blame = new RouteError(scratch.context, names, redaction::of);
        RouteModel model = new RouteModel(scratch.context);
        Map<String, Exception> failed =
                model.beans(newBeans.stream().map(set::bean).toList());
        failed.forEach((name, failure) -> {
            Problem problem = blame.of(set.bean(name), failure);
            if (failed.keySet().stream().noneMatch(other -> problem.what().equals(RouteError.noBean(other)))) {
                problems.add(problem);
            }
        });
        List<EndpointRule.RouteEndpoints> endpoints = new ArrayList<>();
        List<RouteDefinition> definitions = new ArrayList<>();
        for (RouteSet.Entry entry : set.routes().values()) {
            try {
                RouteDefinition known = started.get(entry.name());
                RouteDefinition route = known == null ? model.route(entry) : known;
                boolean runs = known != null || Included.in(scratch.context, route);
                scratch.standIn(runs ? Map.of() : standIns(entry));
                if (known == null) {
                    problems.addAll(steps(entry, route, scratch));
                }
                endpoints.add(endpoints(entry, route, scratch.context, runs));
                definitions.add(route);
                String twice = RouteDefinitionHelper.validateUniqueIds(route, definitions, route.getNodePrefixId());
                if (twice != null) {
                    problems.add(entry.problem(
                            YamlTree.lineOf(entry.node(), twice::equals).orElse(entry.line()),
                            "the id '" + twice + "' is used in another route too",
                            "rename one of them"));
                }
            } catch (Exception | StackOverflowError e) {
                Problem problem = blame.of(entry, e);
                // A route that refers to a failed bean is not at fault itself.
                if (failed.keySet().stream().noneMatch(name -> problem.what().equals(RouteError.noBean(name)))) {
                    problems.add(problem);
                }
            } finally {
                scratch.standIn(Map.of());
            }
        }
        // Skipped if a route failed to load: the check would report false missing consumers.
        if (complete && problems.isEmpty()) {
            problems.addAll(EndpointRule.problems(endpoints, answered, required));
        }
        return problems;
    }

    private static List<Problem> steps(RouteSet.Entry entry, RouteDefinition route, Scratch scratch) throws Exception {
        List<Problem> problems = new ArrayList<>();
        schedule(entry, scratch.build(route)).ifPresent(problems::add);
        problems.addAll(OptionRule.problems(
                entry, new KnownNames(scratch.context), scratch.context::resolvePropertyPlaceholders));
        RouteTargets.dynamic(route).forEach(scratch.context::getEndpoint);
        return problems;
    }

    /**
     * Returns values for missing settings. A receiver that is switched off has no address, but the rest of its route
     * can be checked.
     */
    private Map<String, String> standIns(RouteSet.Entry entry) {
        Map<String, String> standIns = new TreeMap<>();
        YamlTree.scalars(entry.node()).forEach(scalar -> {
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
                int line = YamlTree.tuplesBelow(entry.node(), "parameters").stream()
                        .filter(tuple -> YamlTree.text(tuple.getKeyNode()).equals(java.util.Optional.of("cron")))
                        .map(tuple -> YamlTree.line(tuple.getKeyNode()))
                        .findFirst()
                        .orElse(entry.line());
                return java.util.Optional.of(entry.problem(
                        line,
                        "the schedule '" + quartz.getCron() + "' is not a Quartz cron: "
                                + Texts.oneLine(e.getMessage()),
                        "write six fields: second minute hour day-of-month month day-of-week, such as 0 0 3 * * ?"));
            }
        }
        return java.util.Optional.empty();
    }

    private static EndpointRule.RouteEndpoints endpoints(
            RouteSet.Entry entry, RouteDefinition route, CamelContext context, boolean runs) {
        Map<String, Integer> targets = new LinkedHashMap<>();
        RouteTargets.of(route, context).forEach(endpoint -> targets.put(endpoint, line(entry, endpoint)));
        String from = context.resolvePropertyPlaceholders(route.getInput().getEndpointUri());
        return new EndpointRule.RouteEndpoints(entry, RouteTargets.bare(from), targets, runs);
    }

    /**
     * Returns the line of an endpoint. It is written as one address, or in two values, as the editor Kaoto writes it.
     */
    private static int line(RouteSet.Entry entry, String endpoint) {
        String name = endpoint.substring("direct:".length());
        return YamlTree.lineOf(
                        entry.node(), text -> text.replaceFirst("\\?.*", "").equals(endpoint))
                .or(() -> YamlTree.lineOf(entry.node(), name::equals))
                .or(() -> YamlTree.lineOf(entry.node(), text -> text.startsWith("direct:")))
                .orElse(entry.line());
    }
}
