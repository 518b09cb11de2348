package org.pgsteward.provision;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.Container;

/** The applications with known variables: an operator's own file, followed by the shipped {@code catalogue.json}. */
public final class Catalogue {
    /** The maximum size of a file that is read, in bytes. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final Pattern DIGEST = Pattern.compile("@.*$");
    private static final Pattern TAG = Pattern.compile(":[^/:]*$");
    private static final Pattern REGISTRY = Pattern.compile("^(localhost|[^/]*[.:][^/]*)/");

    private final List<Application> applications;

    /** The entries for an unknown image. */
    private final List<Application> ofAnyImage;

    private Catalogue(List<Application> applications) {
        this.applications = List.copyOf(applications);
        this.ofAnyImage = applications.stream().map(Application::ofAnyImage).toList();
    }

    /** Returns the shipped catalogue. */
    public static Catalogue shipped(ObjectMapper json) throws IOException {
        try (InputStream file = Catalogue.class.getResourceAsStream("/catalogue.json")) {
            return new Catalogue(List.of(reader(json).readValue(file, Application[].class)));
        }
    }

    /**
     * Returns the entries of an operator's file, followed by the shipped entries.
     *
     * @throws IOException if the file cannot be used; the message is one line with the file and the cause
     */
    public static Catalogue with(ObjectMapper json, Path file) throws IOException {
        List<Application> applications = new ArrayList<>(theirs(json, file));
        applications.addAll(shipped(json).applications);
        return new Catalogue(applications);
    }

    private static List<Application> theirs(ObjectMapper json, Path file) throws IOException {
        Application[] entries;
        try {
            entries = reader(json).readValue(BoundedFile.bytes(file, MOST_BYTES), Application[].class);
        } catch (JsonProcessingException e) {
            throw new IOException(
                    "pgsteward.catalogue.file names " + file + ", which cannot be parsed: " + problem(e), e);
        } catch (NoSuchFileException e) {
            throw new IOException("pgsteward.catalogue.file names " + file + ", which does not exist", e);
        } catch (IOException e) {
            throw new IOException(
                    "pgsteward.catalogue.file names " + file + ", which cannot be read: " + e.getMessage(), e);
        }
        if (entries == null || Stream.of(entries).anyMatch(Objects::isNull)) {
            throw new IOException(
                    "pgsteward.catalogue.file names " + file + ", which cannot be parsed: an entry is null");
        }
        return List.of(entries);
    }

    List<Application> applications() {
        return applications;
    }

    /**
     * Returns the entries for a container: those of its image first, then the others. Of variables that several
     * applications have, only the names count, unless the image is known: then they belong to its application.
     */
    List<Application> applications(Container container) {
        List<Application> own = ofImage(container).toList();
        if (own.isEmpty()) {
            return ofAnyImage;
        }
        return Stream.concat(
                        own.stream(),
                        applications.stream()
                                .filter(entry -> !own.contains(entry))
                                .filter(entry -> !entry.generic()))
                .toList();
    }

    /** Returns the known limitation of a container's image. */
    Optional<String> caution(Container container) {
        return ofImage(container)
                .filter(entry -> entry.caution() != null)
                .map(entry -> String.valueOf(entry.caution()))
                .findFirst();
    }

    /** Returns the entries with the image of {@code container}. */
    Stream<Application> ofImage(Container container) {
        String repository = repository(container.image());
        return applications.stream().filter(entry -> entry.isImage(repository));
    }

    /**
     * Returns the known limitation of an application by the prefix of a variable, as in {@code WRITEFREELY_DB_HOST}.
     */
    Optional<String> cautionByVariable(Set<String> variables) {
        return applications.stream()
                .filter(entry -> entry.caution() != null && entry.host() == null && entry.url() == null)
                .filter(entry -> variables.stream()
                        .anyMatch(variable ->
                                variable.startsWith(entry.application().toUpperCase(Locale.ROOT) + "_")))
                .map(entry -> String.valueOf(entry.caution()))
                .findFirst();
    }

    /**
     * Returns the repository without tag, digest and registry. The first part is a registry if it has a dot or a port,
     * or is localhost.
     */
    static String repository(String image) {
        String named = DIGEST.matcher(image).replaceFirst("");
        String name = TAG.matcher(named).replaceFirst("").toLowerCase(Locale.ROOT);
        return REGISTRY.matcher(name).replaceFirst("");
    }

    /** Refuses unknown fields, since an entry with a misspelt field would never match. */
    private static ObjectReader reader(ObjectMapper json) {
        return json.reader()
                .with(
                        DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    private static String problem(JsonProcessingException e) {
        String what = e.getCause() instanceof IllegalArgumentException cause
                ? String.valueOf(cause.getMessage())
                : e.getOriginalMessage().lines().findFirst().orElse("");
        String line = e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
        return what + line;
    }
}
