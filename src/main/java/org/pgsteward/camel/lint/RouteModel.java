package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.dsl.yaml.common.YamlDeserializationContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Camel's parser of YAML, applied to one route or bean at a time, so that a fault affects only that entry. */
public final class RouteModel {
    private final CamelContext context;

    /** @param context context with the registry for the beans */
    public RouteModel(CamelContext context) {
        this.context = context;
    }

    /**
     * Returns the route as loaded from the file, with the settings for all routes applied. It is not added to the
     * context.
     */
    public RouteDefinition route(RouteSet.Entry entry) throws Exception {
        RouteBuilder builder = new Loader(context).builder(entry.file(), item("route", entry.node()));
        builder.prepareModel(context);
        List<RouteDefinition> routes = builder.getRouteCollection().getRoutes();
        if (routes.size() != 1 || routes.get(0).getInput() == null) {
            throw new IllegalArgumentException("the route has no 'from'");
        }
        return routes.get(0);
    }

    /**
     * Creates the beans and binds them. A bean may depend on another one, in any order.
     *
     * @return the failed beans with their failures
     */
    public Map<String, Exception> beans(Collection<RouteSet.Entry> entries) {
        List<RouteSet.Entry> waiting = new ArrayList<>(entries);
        Map<String, Exception> failed = new TreeMap<>();
        for (int before = -1; before != waiting.size(); ) {
            before = waiting.size();
            failed.clear();
            waiting.removeIf(entry ->
                    bean(entry).map(e -> failed.put(entry.name(), e)).isEmpty() && !failed.containsKey(entry.name()));
        }
        return failed;
    }

    private Optional<Exception> bean(RouteSet.Entry entry) {
        try {
            Node list = new SequenceNode(Tag.SEQ, List.of(entry.node()), FlowStyle.BLOCK);
            new Loader(context).builder(entry.file(), item("beans", list)).prepareModel(context);
            return Optional.empty();
        } catch (Exception e) {
            return Optional.of(e);
        } finally {
            // Camel keeps the list for its own tools, and each reload would add to it.
            context.getCamelContextExtension()
                    .getContextPlugin(Model.class)
                    .getCustomBeans()
                    .clear();
        }
    }

    private static Node item(String kind, Node node) {
        ScalarNode key = new ScalarNode(Tag.STR, kind, ScalarStyle.PLAIN);
        MappingNode item = new MappingNode(
                Tag.MAP,
                true,
                List.of(new NodeTuple(key, node)),
                FlowStyle.BLOCK,
                node.getStartMark(),
                node.getEndMark());
        return new SequenceNode(Tag.SEQ, List.of(item), FlowStyle.BLOCK);
    }

    /** Access to the protected methods of Camel's YAML loader. */
    private static final class Loader extends YamlRoutesBuilderLoader {
        Loader(CamelContext context) {
            setCamelContext(context);
        }

        RouteBuilder builder(String file, Node root) {
            Resource resource = ResourceHelper.fromString(file, "");
            LoadSettings settings = LoadSettings.builder().setLabel(file).build();
            YamlDeserializationContext reading = newYamlDeserializationContext(settings, resource);
            RouteBuilder builder = builder(reading, root);
            builder.setCamelContext(context());
            builder.setResource(resource);
            return builder;
        }

        private CamelContext context() {
            return getCamelContext();
        }
    }
}
