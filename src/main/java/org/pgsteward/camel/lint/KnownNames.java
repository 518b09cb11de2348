package org.pgsteward.camel.lint;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.PropertyConfigurer;
import org.apache.camel.spi.PropertyConfigurerGetter;
import org.apache.camel.support.PluginHelper;
import org.jspecify.annotations.Nullable;

/** Names for suggestions, read from the class path, so that jars in lib/ext are included. */
final class KnownNames {
    /** Steps of the YAML DSL. Camel has them in a switch, from which they cannot be read. */
    static final List<String> STEPS = List.of(
            "aggregate",
            "bean",
            "choice",
            "circuitBreaker",
            "convertBodyTo",
            "delay",
            "doTry",
            "dynamicRouter",
            "enrich",
            "filter",
            "idempotentConsumer",
            "loadBalance",
            "log",
            "loop",
            "marshal",
            "multicast",
            "pipeline",
            "poll",
            "pollEnrich",
            "process",
            "recipientList",
            "removeHeader",
            "removeHeaders",
            "removeProperty",
            "removeVariable",
            "resequence",
            "rollback",
            "routingSlip",
            "script",
            "setBody",
            "setHeader",
            "setHeaders",
            "setProperty",
            "setVariable",
            "setVariables",
            "sort",
            "split",
            "step",
            "stop",
            "threads",
            "throttle",
            "throwException",
            "to",
            "toD",
            "transform",
            "unmarshal",
            "validate",
            "wireTap");

    private static final String LISTING = "META-INF/services/org/apache/camel/component.properties";

    private final CamelContext context;
    private final Map<String, Set<String>> options = new HashMap<>();

    KnownNames(CamelContext context) {
        this.context = context;
    }

    /** Returns the names of components in the listings of all jars. */
    Set<String> components() {
        Set<String> names = new TreeSet<>(context.getComponentNames());
        try {
            for (URL listing :
                    Collections.list(KnownNames.class.getClassLoader().getResources(LISTING))) {
                Properties properties = new Properties();
                try (InputStream in = listing.openStream()) {
                    properties.load(in);
                }
                names.addAll(List.of(properties.getProperty("components", "").split("\\s+", -1)));
            }
        } catch (IOException unread) {
            // Without the listings, the suggestion is poorer and the refusal the same.
            return names;
        }
        return names;
    }

    /** Returns the options of a component's endpoints, including those of their configuration object. */
    Set<String> options(String scheme) {
        return options.computeIfAbsent(scheme, this::read);
    }

    private Set<String> read(String scheme) {
        Set<String> names = new TreeSet<>();
        try {
            Endpoint endpoint = context.getEndpoint(scheme + ":x");
            names.addAll(properties(endpoint));
            for (Method method : endpoint.getClass().getMethods()) {
                if (method.getName().equals("getConfiguration") && method.getParameterCount() == 0) {
                    names.addAll(properties(method.invoke(endpoint)));
                }
            }
        } catch (ReflectiveOperationException | RuntimeException needsMore) {
            // Some components need more than one word in an address.
            return names;
        }
        return names;
    }

    /** Returns the type of an endpoint's option; empty for an unknown option. */
    Optional<Class<?>> optionType(String scheme, String name) {
        PropertyConfigurer configurer =
                PluginHelper.getConfigurerResolver(context).resolvePropertyConfigurer(scheme + "-endpoint", context);
        return configurer instanceof PropertyConfigurerGetter known
                ? Optional.ofNullable(known.getOptionType(name, true))
                : Optional.empty();
    }

    /** Returns whether a class of that name exists. The class is not initialized. */
    static boolean isClass(String name) {
        try {
            Class.forName(name, false, KnownNames.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError none) {
            return false;
        }
    }

    static Set<String> methods(@Nullable Object bean) {
        Set<String> names = new TreeSet<>();
        if (bean != null) {
            for (Method method : bean.getClass().getMethods()) {
                names.add(method.getName());
            }
        }
        return names;
    }

    /** Returns the properties of a bean that have setters. */
    static Set<String> properties(@Nullable Object bean) {
        Set<String> names = new TreeSet<>();
        methods(bean).stream()
                .filter(name -> name.startsWith("set") && name.length() > 3)
                .forEach(name -> names.add(Character.toLowerCase(name.charAt(3)) + name.substring(4)));
        return names;
    }
}
