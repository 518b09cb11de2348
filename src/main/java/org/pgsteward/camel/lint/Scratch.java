package org.pgsteward.camel.lint;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.camel.Route;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteDefinitionHelper;
import org.apache.camel.spi.BeanRepository;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.service.ServiceHelper;
import org.jspecify.annotations.Nullable;
import org.pgsteward.camel.copies.CopyComponent;
import org.pgsteward.camel.receivers.BoundedHttpComponent;

/**
 * Temporary context. Routes are built in it as in the real one, but never started: it opens no connection, creates no
 * folder and starts no thread.
 */
final class Scratch implements AutoCloseable {
    final DefaultCamelContext context = new DefaultCamelContext(false);

    /**
     * @param settings values of placeholders
     * @param beans beans that no file creates; used without modification
     */
    Scratch(Map<String, String> settings, Map<String, Object> beans) {
        context.getCamelContextExtension().setName("check");
        context.setAutoStartup(false);
        context.disableJMX();
        context.setStreamCaching(false);
        context.getCamelContextExtension().setRegistry(new DefaultRegistry(new Given(beans)));
        context.setStartupSummaryLevel(StartupSummaryLevel.Off);
        PropertiesComponent placeholders = (PropertiesComponent) context.getPropertiesComponent();
        placeholders.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
        Properties properties = new Properties();
        properties.putAll(settings);
        placeholders.setOverrideProperties(properties);
        BoundedHttpComponent.bind(context);
        CopyComponent.bind(context);
        RefusedComponents.refuse(context, settings);
        context.init();
    }

    /** Builds the route with all its steps. */
    Route build(RouteDefinition route) throws Exception {
        RouteDefinitionHelper.forceAssignIds(context, java.util.List.of(route));
        if (!route.isPrepared()) {
            RouteDefinitionHelper.prepareRoute(context, route);
            route.markPrepared();
        }
        RouteDefinitionHelper.forceAssignIds(context, route.getInput());
        RouteDefinitionHelper.forceAssignIds(context, route);
        context.getCamelContextExtension().createRoute(route.getRouteId());
        try {
            Route built = context.getCamelContextExtension()
                    .getContextPlugin(Model.class)
                    .getModelReifierFactory()
                    .createRoute(context, route);
            ServiceHelper.initService(built.getProcessor());
            return built;
        } finally {
            context.getCamelContextExtension().createRoute(null);
        }
    }

    /** Sets values for missing settings, until the next call. */
    void standIn(Map<String, String> settings) {
        Properties properties = new Properties();
        properties.putAll(settings);
        ((PropertiesComponent) context.getPropertiesComponent())
                .setLocalProperties(settings.isEmpty() ? null : properties);
    }

    @Override
    public void close() {
        context.stop();
    }

    /** Beans for lookup. They are not bound in the registry, because binding would inject this context into them. */
    private record Given(Map<String, Object> beans) implements BeanRepository {
        @Override
        public @Nullable Object lookupByName(String name) {
            return beans.get(name);
        }

        @Override
        public <T> @Nullable T lookupByNameAndType(String name, Class<T> type) {
            Object bean = beans.get(name);
            return type.isInstance(bean) ? type.cast(bean) : null;
        }

        @Override
        public <T> Map<String, T> findByTypeWithName(Class<T> type) {
            Map<String, T> found = new HashMap<>();
            beans.forEach((name, bean) -> {
                if (type.isInstance(bean)) {
                    found.put(name, type.cast(bean));
                }
            });
            return found;
        }

        @Override
        public <T> Set<T> findByType(Class<T> type) {
            return new HashSet<>(findByTypeWithName(type).values());
        }
    }
}
