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

/** Names that somebody may have meant: asked of what is on the class path, so that jars in lib/ext count. */
final class KnownNames {
    /** The YAML DSL has them in a switch, where nobody can ask for them. */
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

    /** What each jar of components says it has. */
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
            // Without them the hint is poorer, and the refusal is the same.
            return names;
        }
        return names;
    }

    /** Of a component's addresses: what can be set of one, and of the configuration in it. */
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
            // Not every component has an address that is nothing but a word.
            return names;
        }
        return names;
    }

    /** What an option of a component's addresses is to be; empty for one that is not known. */
    Optional<Class<?>> optionType(String scheme, String name) {
        PropertyConfigurer configurer =
                PluginHelper.getConfigurerResolver(context).resolvePropertyConfigurer(scheme + "-endpoint", context);
        return configurer instanceof PropertyConfigurerGetter known
                ? Optional.ofNullable(known.getOptionType(name, true))
                : Optional.empty();
    }

    /** Returns whether there is a class of that name. It is not initialized. */
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

    /** What can be set of a bean. */
    static Set<String> properties(@Nullable Object bean) {
        Set<String> names = new TreeSet<>();
        methods(bean).stream()
                .filter(name -> name.startsWith("set") && name.length() > 3)
                .forEach(name -> names.add(Character.toLowerCase(name.charAt(3)) + name.substring(4)));
        return names;
    }
}
