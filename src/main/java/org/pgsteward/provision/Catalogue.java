package org.pgsteward.provision;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The applications whose variables we can read: the file {@code catalogue.json}. */
public final class Catalogue {
    private final List<Application> applications;

    private Catalogue(List<Application> applications) {
        this.applications = List.copyOf(applications);
    }

    /** The one that we ship. */
    public static Catalogue shipped(ObjectMapper json) throws IOException {
        try (InputStream file = Catalogue.class.getResourceAsStream("/catalogue.json")) {
            return new Catalogue(List.of(json.readValue(file, Application[].class)));
        }
    }

    List<Application> applications() {
        return applications;
    }
}
