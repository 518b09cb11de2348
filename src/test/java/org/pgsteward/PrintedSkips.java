package org.pgsteward;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;
import org.opentest4j.TestAbortedException;

/**
 * Prints the reason of each test that is skipped for a missing program, in one line. Surefire writes it to its reports
 * only. Conditions of whole classes, such as {@code NeedsPostgres}, print their own line.
 */
public final class PrintedSkips implements TestWatcher, LifecycleMethodExecutionExceptionHandler {
    private static final String PREFIX = "skipped: ";

    /** Cases of one parameterized test have the same line. */
    private static final Set<String> PRINTED = ConcurrentHashMap.newKeySet();

    @Override
    public void testAborted(ExtensionContext context, Throwable cause) {
        print(context, cause);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
        if (thrown instanceof TestAbortedException) {
            print(context, thrown);
        }
        throw thrown;
    }

    private static void print(ExtensionContext context, Throwable cause) {
        String line = line(
                context.getRequiredTestClass().getSimpleName()
                        + context.getTestMethod()
                                .map(method -> "." + method.getName())
                                .orElse(""),
                cause);
        if (PRINTED.add(line)) {
            System.err.println(line);
        }
    }

    static String line(String test, Throwable cause) {
        String reason = Optional.ofNullable(cause.getMessage())
                .flatMap(message -> message.lines().findFirst())
                .orElse("no reason given")
                .replaceFirst("^Assumption failed: ", "");
        return PREFIX + test + ": " + (reason.startsWith(PREFIX) ? reason.substring(PREFIX.length()) : reason);
    }
}
