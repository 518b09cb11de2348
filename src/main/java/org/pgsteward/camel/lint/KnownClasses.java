package org.pgsteward.camel.lint;

import java.util.Set;

/** Classes that a route may name though no operator lists them: to make one does nothing else. Pure. */
final class KnownClasses {
    /** What values are converted to; none of these has a method that runs, writes, removes or connects to anything. */
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

    /** A value. */
    static boolean isPlain(Class<?> type) {
        return type.isPrimitive()
                || PLAIN.contains(type.getName())
                || type.getPackageName().equals("java.time");
    }

    /** No object is made of it, or an exception. */
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
