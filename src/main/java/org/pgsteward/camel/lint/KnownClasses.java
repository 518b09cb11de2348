package org.pgsteward.camel.lint;

import java.util.Set;

/** Classes that a route may name even if no operator lists them: creating an instance has no side effect. Pure. */
final class KnownClasses {
    /** Types of converted values. None has a method that runs, writes, removes or connects to anything. */
    private static final Set<String> PLAIN = Set.of(
            "java.io.ByteArrayInputStream",
            "java.io.InputStream",
            "java.io.Reader",
            "java.io.StringReader",
            "java.lang.Boolean",
            "java.lang.Byte",
            "java.lang.CharSequence",
            "java.lang.Character",
            "java.lang.Double",
            "java.lang.Float",
            "java.lang.Integer",
            "java.lang.Iterable",
            "java.lang.Long",
            "java.lang.Number",
            "java.lang.Object",
            "java.lang.Short",
            "java.lang.String",
            "java.math.BigDecimal",
            "java.math.BigInteger",
            "java.nio.ByteBuffer",
            "java.sql.Date",
            "java.sql.Time",
            "java.sql.Timestamp",
            "java.util.ArrayList",
            "java.util.Calendar",
            "java.util.Collection",
            "java.util.Date",
            "java.util.HashMap",
            "java.util.HashSet",
            "java.util.Iterator",
            "java.util.LinkedHashMap",
            "java.util.List",
            "java.util.Locale",
            "java.util.Map",
            "java.util.Properties",
            "java.util.Set",
            "java.util.TimeZone",
            "java.util.UUID");

    private KnownClasses() {}

    /** Returns whether the class is a plain value. */
    static boolean isPlain(Class<?> type) {
        return type.isPrimitive()
                || PLAIN.contains(type.getName())
                || type.getPackageName().equals("java.time");
    }

    /** Returns whether the class cannot be instantiated, or is an exception or a file name. */
    static boolean isInert(Class<?> type) {
        return type.isInterface()
                || type.isEnum()
                || Throwable.class.isAssignableFrom(type)
                || type.getName().equals("java.io.File");
    }

    static boolean isOfCamelOrOurs(String name) {
        return name.startsWith("org.apache.camel.") || name.startsWith("org.pgsteward.");
    }
}
