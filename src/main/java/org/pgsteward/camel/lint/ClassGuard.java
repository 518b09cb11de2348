package org.pgsteward.camel.lint;

import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.ClassResolver;
import org.jspecify.annotations.Nullable;

/**
 * Filter of the classes that a context finds by name. It is a second line of defence behind {@link CodeRule}. A running
 * route may compose an address from data that no check of a file has seen. Camel also has several ways to name a class.
 *
 * <ol>
 *   <li>An option of an endpoint creates only objects of types in {@code PGSTEWARD_ROUTES_TYPES}.
 *   <li>A bean of a route file is of a type that a route file may create.
 *   <li>A call by the name of a class reaches only types whose methods a route may call, and plain values.
 *   <li>All other code of Camel finds classes of Camel and pgsteward, plain values, exceptions and interfaces.
 * </ol>
 */
final class ClassGuard extends CachedResources {
    private static final StackWalker STACK = StackWalker.getInstance();
    /** Limit of the stack frames that are searched: Camel's property binding recurses a few times. */
    private static final int MOST_FRAMES = 64;

    private static final String NEXT = "; list it in PGSTEWARD_ROUTES_TYPES if you trust all its effects";

    private final BeanTypes types;

    private ClassGuard(ClassResolver all, BeanTypes types) {
        super(all);
        this.types = types;
    }

    /**
     * Restricts the classes that this context finds from now on.
     *
     * @param settings settings with the types that the operator lists
     */
    static void install(CamelContext context, Map<String, String> settings) {
        context.setClassResolver(new ClassGuard(context.getClassResolver(), BeanTypes.of(settings)));
    }

    @Override
    public @Nullable Class<?> resolveClass(String name) {
        return guarded(all.resolveClass(name));
    }

    @Override
    public <T> @Nullable Class<T> resolveClass(String name, Class<T> type) {
        return guarded(all.resolveClass(name, type));
    }

    @Override
    public @Nullable Class<?> resolveClass(String name, ClassLoader loader) {
        return guarded(all.resolveClass(name, loader));
    }

    @Override
    public <T> @Nullable Class<T> resolveClass(String name, Class<T> type, ClassLoader loader) {
        return guarded(all.resolveClass(name, type, loader));
    }

    @Override
    public Class<?> resolveMandatoryClass(String name) throws ClassNotFoundException {
        return found(name, resolveClass(name));
    }

    @Override
    public <T> Class<T> resolveMandatoryClass(String name, Class<T> type) throws ClassNotFoundException {
        return found(name, resolveClass(name, type));
    }

    @Override
    public Class<?> resolveMandatoryClass(String name, ClassLoader loader) throws ClassNotFoundException {
        return found(name, resolveClass(name, loader));
    }

    @Override
    public <T> Class<T> resolveMandatoryClass(String name, Class<T> type, ClassLoader loader)
            throws ClassNotFoundException {
        return found(name, resolveClass(name, type, loader));
    }

    private <C extends Class<?>> @Nullable C guarded(@Nullable C found) {
        return found == null || mayBeFound(found) ? found : null;
    }

    private <C> C found(String name, @Nullable C found) throws ClassNotFoundException {
        if (found != null) {
            return found;
        }
        Class<?> refused = all.resolveClass(name);
        throw new ClassNotFoundException(
                refused == null
                        ? name
                        : "cannot use class '" + refused.getName() + "' in a route: it may run code" + NEXT);
    }

    /** Returns whether a caller may have the class. The class is loaded already, which runs none of its code. */
    private boolean mayBeFound(Class<?> found) {
        Class<?> plain = found;
        while (plain.isArray()) {
            plain = plain.getComponentType();
        }
        String name = plain.getName();
        if (types.listed().contains(name)) {
            return true;
        }
        Caller caller = STACK.walk(frames ->
                Caller.of(frames.dropWhile(frame -> frame.getClassName().equals(ClassGuard.class.getName()))
                        .limit(MOST_FRAMES)
                        .toList()));
        return switch (caller) {
            case OPTION -> false;
            case BEAN -> types.mayBeMade(name);
            case CALL ->
                KnownClasses.isPlain(plain) || types.called().contains(name) || CodeRule.CALLS.containsKey(name);
            case OTHER ->
                KnownClasses.isPlain(plain) || KnownClasses.isInert(plain) || KnownClasses.isOfCamelOrOurs(name);
        };
    }

    /** The part of Camel that looks up a class. */
    private enum Caller {
        OPTION,
        BEAN,
        CALL,
        OTHER;

        private static final String BINDING = "org.apache.camel.support.PropertyBindingSupport";
        private static final String REFERENCE = "org.apache.camel.support.EndpointHelper";
        private static final String MODEL = "org.apache.camel.model.BeanModelHelper";

        /** @param frames stack frames, from the caller of the lookup on */
        static Caller of(List<StackWalker.StackFrame> frames) {
            boolean binding = false;
            for (StackWalker.StackFrame frame : frames) {
                String type = frame.getClassName();
                if (type.startsWith(BINDING) || type.startsWith(REFERENCE)) {
                    binding = true;
                } else {
                    boolean bean = type.equals(MODEL) && frame.getMethodName().equals("newInstance");
                    return binding ? (bean ? BEAN : OPTION) : calls(type) ? CALL : OTHER;
                }
            }
            return binding ? OPTION : OTHER;
        }

        private static boolean calls(String type) {
            return type.startsWith("org.apache.camel.component.bean.")
                    || type.startsWith("org.apache.camel.component.beanclass.")
                    || type.equals(MODEL)
                    || type.equals("org.apache.camel.reifier.language.MethodCallExpressionReifier")
                    || type.startsWith("org.apache.camel.support.builder.")
                    || (type.startsWith("org.apache.camel.language.") && !type.endsWith(".BinaryExpression"));
        }
    }
}
