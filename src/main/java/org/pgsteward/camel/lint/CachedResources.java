package org.pgsteward.camel.lint;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultClassResolver;
import org.jspecify.annotations.Nullable;

/**
 * Remembers Camel's service files, present or missing. For each placeholder whose key has a point and a default, Camel looks for
 * a function of that name in every jar, four times, and does not remember that there is none. The class path of a process does
 * not change.
 */
class CachedResources extends DefaultClassResolver {
    private static final String SERVICES = "META-INF/services/org/apache/camel/";

    /** Names come from the files of operators, so their number has no bound of its own. */
    private static final int MOST = 2000;

    private static final Map<String, Optional<byte[]>> KNOWN = new ConcurrentHashMap<>();

    CachedResources(CamelContext context) {
        super(context);
    }

    @Override
    public @Nullable InputStream loadResourceAsStream(String name) {
        if (!name.startsWith(SERVICES)) {
            return super.loadResourceAsStream(name);
        }
        if (KNOWN.size() > MOST) {
            KNOWN.clear();
        }
        return KNOWN.computeIfAbsent(name, this::read)
                .map(ByteArrayInputStream::new)
                .orElse(null);
    }

    private Optional<byte[]> read(String name) {
        try (InputStream found = super.loadResourceAsStream(name)) {
            return found == null ? Optional.empty() : Optional.of(found.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
