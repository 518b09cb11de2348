package org.pgsteward.camel.edit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.camel.lint.RouteModel;
import org.pgsteward.camel.lint.RouteSet;

/** Loading of route files into a context that starts. */
public final class RouteLoading implements RoutesBuilder {
    private final RouteFiles files;

    public RouteLoading(RouteFiles files) {
        this.files = files;
    }

    @Override
    public void addRoutesToCamelContext(CamelContext context) throws Exception {
        RouteSet set = RouteSet.of(files);
        RouteModel model = new RouteModel(context);
        Map<String, Exception> failed = model.beans(set.beans().values());
        for (Exception failure : failed.values()) {
            throw failure;
        }
        List<RouteDefinition> routes = new ArrayList<>();
        for (RouteSet.Entry entry : set.routes().values()) {
            routes.add(model.route(entry));
        }
        context.getCamelContextExtension().getContextPlugin(Model.class).addRouteDefinitions(routes);
    }

    @Override
    public void addTemplatedRoutesToCamelContext(CamelContext context) {
        // Route files contain no templated routes.
    }

    @Override
    public Set<String> updateRoutesToCamelContext(CamelContext context) {
        throw new UnsupportedOperationException("RouteSwap replaces running routes");
    }
}
