package org.pgsteward.camel.lint;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Enumeration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.spi.ClassResolver;
import org.jspecify.annotations.Nullable;

/**
 * Class and resource lookup of one context, with a cache of Camel's service files, present or missing. For each
 * placeholder whose key has a dot and a default, Camel searches every jar four times for a function of that name. Camel
 * does not remember that there is none. Entries stay valid, because a process's class path does not change.
 */
abstract class CachedResources implements ClassResolver {
    private static final String SERVICES = "META-INF/services/org/apache/camel/";

    /** Limit of the cache: the names come from operators' files, so their number is not bounded otherwise. */
    private static final int MOST = 2000;

    private static final Map<String, Optional<byte[]>> KNOWN = new ConcurrentHashMap<>();

    /** Lookup without restrictions. */
    final ClassResolver all;

    CachedResources(ClassResolver all) {
        this.all = all;
    }

    @Override
    public @Nullable InputStream loadResourceAsStream(String name) {
        if (!name.startsWith(SERVICES)) {
            return all.loadResourceAsStream(name);
        }
        if (KNOWN.size() > MOST) {
            KNOWN.clear();
        }
        return KNOWN.computeIfAbsent(name, this::read)
                .map(ByteArrayInputStream::new)
                .orElse(null);
    }

    private Optional<byte[]> read(String name) {
        try (InputStream found = all.loadResourceAsStream(name)) {
            return found == null ? Optional.empty() : Optional.of(found.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public @Nullable URL loadResourceAsURL(String name) {
        return all.loadResourceAsURL(name);
    }

    @Override
    public Enumeration<URL> loadResourcesAsURL(String name) {
        return all.loadResourcesAsURL(name);
    }

    @Override
    public Enumeration<URL> loadAllResourcesAsURL(String name) {
        return all.loadAllResourcesAsURL(name);
    }

    @Override
    public void addClassLoader(ClassLoader loader) {
        all.addClassLoader(loader);
    }

    @Override
    public Set<ClassLoader> getClassLoaders() {
        return all.getClassLoaders();
    }

    @Override
    public @Nullable ClassLoader getClassLoader(String name) {
        return all.getClassLoader(name);
    }
}
