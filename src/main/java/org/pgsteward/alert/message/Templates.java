package org.pgsteward.alert.message;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import com.github.mustachejava.MustacheException;
import com.github.mustachejava.MustacheResolver;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mustache templates of the messages: the shipped ones ({@code templates/NAME.mustache} in the jar), or the operator's
 * templates of the same name in a folder. An operator's template that cannot be used is logged once for each state of
 * its file, and the shipped one is used instead. Thread-safe.
 */
final class Templates {
    private static final Logger LOG = LoggerFactory.getLogger(Templates.class);

    /** Size limit of a template in bytes. A message is about a page, so a file of megabytes is a mistake. */
    private static final int MOST = 64 * 1024;

    private final Path folder;
    private final Map<String, Mustache> ours = new ConcurrentHashMap<>();
    private final Map<String, Own> own = new ConcurrentHashMap<>();

    /** @param folder folder with the operator's own templates; need not exist */
    Templates(Path folder) {
        this.folder = folder;
    }

    /** A compiled template, which renders the values of a scope. */
    @FunctionalInterface
    interface Fill {
        String with(Map<String, Object> scope);
    }

    /** An operator's template and the version of its file; empty if it cannot be used. */
    private record Own(String version, Optional<Mustache> template) {}

    /**
     * Returns the result of {@code use} for a template. The operator's template is preferred if it exists, succeeds,
     * and does not give a blank text.
     *
     * @throws IllegalArgumentException if {@code use} throws it for the shipped template
     */
    String render(String name, Escape escape, Function<Fill, String> use) {
        Path file = folder.resolve(name + ".mustache");
        Optional<Mustache> theirs = theirs(name, escape, file);
        if (theirs.isPresent()) {
            try {
                String text = use.apply(fill(theirs.get()));
                if (!text.isBlank()) {
                    return text;
                }
                refuse(name, file, "its output is empty");
            } catch (MustacheException | IllegalArgumentException broken) {
                refuse(name, file, String.valueOf(broken.getMessage()));
            }
        }
        return use.apply(fill(ours.computeIfAbsent(name, key -> compile(key, escape, shipped(key)))));
    }

    private Optional<Mustache> theirs(String name, Escape escape, Path file) {
        String version;
        try {
            version = Files.size(file) + " bytes of " + Files.getLastModifiedTime(file);
        } catch (IOException none) {
            own.remove(name);
            return Optional.empty();
        }
        Own known = own.get(name);
        if (known == null || !known.version().equals(version)) {
            known = new Own(version, Optional.empty());
            own.put(name, known);
            try {
                known = new Own(version, Optional.of(compile(name, escape, text(file))));
                own.put(name, known);
            } catch (IOException | MustacheException broken) {
                refuse(name, file, String.valueOf(broken.getMessage()));
            }
        }
        return known.template();
    }

    /** Logs the fault. The shipped template is used until the file changes. */
    private void refuse(String name, Path file, String why) {
        own.computeIfPresent(name, (key, known) -> new Own(known.version(), Optional.empty()));
        LOG.warn(
                "cannot use template {}, so the shipped one is used: {}; correct the file, and pgsteward reads it again",
                file,
                why.lines().findFirst().orElse("no reason given"));
    }

    private static Fill fill(Mustache template) {
        return scope -> {
            StringWriter text = new StringWriter();
            template.execute(text, scope);
            return text.toString().strip();
        };
    }

    /** @throws java.nio.charset.CharacterCodingException if the file is not UTF-8 */
    private static String text(Path file) throws IOException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(BoundedFile.bytes(file, MOST)))
                .toString();
    }

    private static Mustache compile(String name, Escape escape, String text) {
        MustacheResolver nothing = other -> {
            throw new MustacheException("it includes '" + other + "', and a template cannot include another");
        };
        DefaultMustacheFactory factory = new DefaultMustacheFactory(nothing) {
            @Override
            public void encode(String value, Writer writer) {
                try {
                    writer.write(escape.prose(value));
                } catch (IOException impossible) {
                    throw new UncheckedIOException(impossible);
                }
            }
        };
        Reader reader = new StringReader(text);
        return factory.compile(reader, name);
    }

    private static String shipped(String name) {
        try (InputStream file = Templates.class.getResourceAsStream("/templates/" + name + ".mustache")) {
            if (file == null) {
                throw new IllegalArgumentException("there is no template " + name);
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
